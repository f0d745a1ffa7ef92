import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { ApiError, isRefusal } from './api-error.ts'
import { currentUserId, endSession, onSessionChange } from './session.ts'

/** The app's one query client. What it holds is dropped whenever another person takes over this screen. */
export function createQueryClient(): QueryClient {
  const client = new QueryClient({
    queryCache: new QueryCache({ onError: endSessionWhenRefused }),
    mutationCache: new MutationCache({ onError: endSessionWhenRefused }),
    defaultOptions: {
      queries: {
        staleTime: 0,
        refetchOnWindowFocus: true,
        retry: (failures, error) => failures < 1 && !isRefusal(error),
        // Whether the server can be reached is decided by a request. `navigator.onLine` is false beside a server on
        // the same machine and true behind a captive portal; the default mode would hold requests back on its word.
        networkMode: 'always',
      },
      mutations: { networkMode: 'always' },
    },
  })
  let userId = currentUserId()
  onSessionChange(() => {
    if (currentUserId() === userId) return
    userId = currentUserId()
    client.clear()
  })
  return client
}

function endSessionWhenRefused(error: Error): void {
  if (error instanceof ApiError && error.status === 401) endSession('Your session has ended. Please sign in again.')
}
