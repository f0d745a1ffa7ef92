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

export interface Variant {
  readonly id: number
  readonly productId: number
  readonly sku: string
  readonly name: string
  readonly attributes: { readonly size?: string; readonly colour?: string }
  readonly priceCents: number
  readonly onHand: number
  readonly updatedAt: string
}

type VariantInput = Pick<Variant, 'sku' | 'name' | 'attributes' | 'priceCents' | 'onHand'>

export function useVariants(productId: number): UseQueryResult<Listed<Variant>> {
  const url = `/api/products/${productId}/variants`
  return useQuery(reading<Listed<Variant>>(url))
}

/** Creates a variant, or saves the one with the given id. */
export function useSaveVariant(
  productId: number,
): UseMutationResult<Variant, Error, { id?: number; input: VariantInput }> {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ id, input }) =>
      id === undefined
        ? sendJson<Variant>('POST', `/api/products/${productId}/variants`, input)
        : sendJson<Variant>('PUT', `/api/variants/${id}`, input),
    onSuccess: () => invalidatePaths(client, `/api/products/${productId}`),
  })
}

export function useDeleteVariant(productId: number): UseMutationResult<void, Error, number> {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id) => deleteAt(`/api/variants/${id}`),
    onSuccess: () => invalidatePaths(client, `/api/products/${productId}`),
  })
}
