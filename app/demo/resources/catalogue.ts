import {
  useMutation,
  useQuery,
  useQueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from '@tanstack/react-query'
import { deleteAt, sendJson } from '../api.ts'
import { invalidatePaths, type Listed } from './query-keys.ts'
import { reading } from './reading.ts'

/** The small lists that products refer to. */
export type CataloguePath = '/api/categories' | '/api/brands' | '/api/units'

/** One entry of such a list; which of the optional fields it has depends on the list. */
export interface CatalogueEntry {
  readonly id: number
  readonly name: string
  readonly country?: string
  readonly symbol?: string
  readonly productCount?: number
  readonly updatedAt: string
}

type CatalogueInput = Readonly<Record<string, string>>

export function useCatalogue(path: CataloguePath): UseQueryResult<Listed<CatalogueEntry>> {
  return useQuery(reading<Listed<CatalogueEntry>>(path))
}

/** Creates an entry, or saves the one with the given id. Products show its name, so they are read again too. */
export function useSaveCatalogueEntry(
  path: CataloguePath,
): UseMutationResult<CatalogueEntry, Error, { id?: number; input: CatalogueInput }> {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ id, input }) =>
      id === undefined
        ? sendJson<CatalogueEntry>('POST', path, input)
        : sendJson<CatalogueEntry>('PUT', `${path}/${id}`, input),
    onSuccess: () => invalidatePaths(client, path, '/api/products'),
  })
}

export function useDeleteCatalogueEntry(path: CataloguePath): UseMutationResult<void, Error, number> {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id) => deleteAt(`${path}/${id}`),
    onSuccess: () => invalidatePaths(client, path),
  })
}
