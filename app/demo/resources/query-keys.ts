import type { QueryClient, QueryKey } from '@tanstack/react-query'
import { refreshShown } from './shown.ts'

/** A page of a list, as every paged endpoint answers it. */
export interface Paged<T> {
  readonly items: readonly T[]
  readonly total: number
  /** Counted from 1. */
  readonly page: number
  readonly pageSize: number
}

/** A whole list, for resources small enough to come in one piece. */
export interface Listed<T> {
  readonly items: readonly T[]
  readonly total: number
}

/** `path` with the given parameters in the order given; empty and absent ones are left out. */
export function withQuery(path: string, params: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined && value !== '') query.set(name, String(value))
  }
  return query.size === 0 ? path : `${path}?${query.toString()}`
}

/** The URL a query reads: by our convention the first part of its key. */
export function urlOfKey(key: QueryKey): string | undefined {
  const [url] = key
  return typeof url === 'string' && url.startsWith('/') ? url : undefined
}

/** Marks everything read from these paths, from below them, or from them with parameters, and refetches what is shown. */
export async function invalidatePaths(client: QueryClient, ...paths: readonly string[]): Promise<void> {
  const isOf = (url: string | undefined): boolean => url !== undefined && paths.some((path) => isUnder(url, path))
  await Promise.all([
    client.invalidateQueries({ predicate: ({ queryKey }) => isOf(urlOfKey(queryKey)) }),
    // The hooks follow the layer. Without a worker they do not hear what a write has changed.
    isControlled() ? undefined : refreshShown(isOf),
  ])
}

const isControlled = (): boolean => 'serviceWorker' in navigator && navigator.serviceWorker.controller !== null

/** Whether `url` is `path`, something below it, or it with parameters. */
export function isUnder(url: string, path: string): boolean {
  return url === path || url.startsWith(`${path}/`) || url.startsWith(`${path}?`)
}
