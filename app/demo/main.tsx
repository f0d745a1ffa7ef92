import { QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { BrowserRouter } from 'react-router'
import { App } from './app.tsx'
import { mountLayer } from './layer.tsx'
import { createQueryClient } from './query-client.ts'
import { startSession } from './session.ts'
import { ToastProvider } from './ui/toasts.tsx'

const queryClient = createQueryClient()
const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root to render into')

mountLayer(document.getElementById('layer'), queryClient)
void startSession()

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <BrowserRouter>
        <ToastProvider>
          <App />
        </ToastProvider>
      </BrowserRouter>
    </QueryClientProvider>
  </StrictMode>,
)
