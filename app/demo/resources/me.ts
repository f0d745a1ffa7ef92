import {
  useMutation,
  useQuery,
  useQueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from '@tanstack/react-query'
import { sendJson } from '../api.ts'
import { invalidatePaths } from './query-keys.ts'
import { reading } from './reading.ts'

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
  return useQuery(reading<{ items: readonly Task[] }>('/api/me/tasks'))
}

export function useTickTask(): UseMutationResult<Task, Error, { id: number; done: boolean }> {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ id, done }) => sendJson<Task>('PATCH', `/api/me/tasks/${id}`, { done }),
    onSuccess: () => invalidatePaths(client, '/api/me/tasks'),
  })
}

export function usePreferences(): UseQueryResult<Preferences> {
  return useQuery(reading<Preferences>('/api/me/preferences'))
}

export function useSavePreferences(): UseMutationResult<Preferences, Error, Preferences> {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (preferences) => sendJson<Preferences>('PUT', '/api/me/preferences', preferences),
    onSuccess: () => invalidatePaths(client, '/api/me/preferences'),
  })
}
