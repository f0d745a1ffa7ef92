import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { ApiError, isRefusal } from './api-error.ts'
import { currentUserId, endSession, onSessionChange } from './session.ts'

/** The app's query client. Its data is dropped when another user signs in at this screen. */
export function createQueryClient(): QueryClient {
  const client = new QueryClient({
    queryCache: new QueryCache({ onError: endSessionWhenRefused }),
    mutationCache: new MutationCache({ onError: endSessionWhenRefused }),
    defaultOptions: {
      queries: {
        retry: (failures, error) => failures < 1 && !isRefusal(error),
        // Only a request shows whether the server can be reached. `navigator.onLine` may be false beside a server on
        // the same machine, and true behind a captive portal. The default mode would hold requests back by it.
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
