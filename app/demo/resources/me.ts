import {
  useMutation,
  useQuery,
  useQueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from '@tanstack/react-query'
import { getJson, sendJson } from '../api.ts'
import { invalidatePaths } from './query-keys.ts'

export interface Task {
  readonly id: number
  readonly title: string
  readonly done: boolean
  /** `YYYY-MM-DD`, or null for some day. */
  readonly dueOn: string | null
}

export interface Preferences {
  readonly density: 'comfortable' | 'compact'
  readonly startPage: string
}

export function useTasks(): UseQueryResult<{ readonly items: readonly Task[] }> {
  return useQuery({
    queryKey: ['/api/me/tasks'],
    queryFn: ({ signal }) => getJson<{ items: readonly Task[] }>('/api/me/tasks', signal),
  })
}

export function useTickTask(): UseMutationResult<Task, Error, { id: number; done: boolean }> {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ id, done }) => sendJson<Task>('PATCH', `/api/me/tasks/${id}`, { done }),
    onSuccess: () => invalidatePaths(client, '/api/me/tasks'),
  })
}

export function usePreferences(): UseQueryResult<Preferences> {
  return useQuery({
    queryKey: ['/api/me/preferences'],
    queryFn: ({ signal }) => getJson<Preferences>('/api/me/preferences', signal),
  })
}

export function useSavePreferences(): UseMutationResult<Preferences, Error, Preferences> {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (preferences) => sendJson<Preferences>('PUT', '/api/me/preferences', preferences),
    onSuccess: () => invalidatePaths(client, '/api/me/preferences'),
  })
}
