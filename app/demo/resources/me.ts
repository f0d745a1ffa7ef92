import {
  useMutation,
  useQuery,
  useQueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from '@tanstack/react-query'
import { type Mutation, useSyncedMutation } from 'freshlayer/react'
import { send, sendJson } from '../api.ts'
import { invalidatePaths } from './query-keys.ts'
import { reading } from './reading.ts'
import { useSynced, type Shown } from './synced.ts'

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

interface Tasks {
  readonly items: readonly Task[]
}

const TASKS = '/api/me/tasks'

export function useTasks(): Shown<Tasks> {
  return useSynced<Tasks>(TASKS)
}

/** The tick shows at once, and goes again if it cannot be saved. */
export function useTickTask(id: number, onError: (error: Error) => void): Mutation<Task, { done: boolean }> {
  return useSyncedMutation<Task, { done: boolean }>('PATCH', `${TASKS}/${id}`, {
    fetch: send,
    optimistic: (show, { done }) =>
      show<Tasks | undefined>(
        TASKS,
        (before) => before && { items: before.items.map((task) => (task.id === id ? { ...task, done } : task)) },
      ),
    onError,
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
