import {
  useMutation,
  useQuery,
  useQueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from '@tanstack/react-query'
import { sendJson } from '../api.ts'
import { invalidatePaths, withQuery, type Paged } from './query-keys.ts'
import { reading } from './reading.ts'
import { useSynced, type Shown } from './synced.ts'

export interface StockLevel {
  readonly productId: number
  readonly sku: string
  readonly name: string
  readonly onHand: number
  readonly reserved: number
  readonly reorderLevel: number
  readonly updatedAt: string
}

export interface StockMovement {
  /** A text while the movement waits for the server, which gives it its time as well. */
  readonly id: number | string
  readonly delta: number
  readonly reason: string
  readonly note: string | null
  readonly userName: string
  readonly createdAt: string | null
}

interface StockDetail extends StockLevel {
  readonly movements: readonly StockMovement[]
}

interface StockFilters {
  readonly search?: string
  readonly level?: string
  readonly page?: number
  readonly pageSize?: number
}

interface Adjustment {
  readonly delta: number
  readonly reason: string
  readonly note: string
}

export function useStock({ search, level, page, pageSize = 25 }: StockFilters): Shown<Paged<StockLevel>> {
  return useSynced<Paged<StockLevel>>(withQuery('/api/stock', { search, level, page, pageSize }))
}

export function useStockDetail(productId: number): UseQueryResult<StockDetail> {
  const url = `/api/stock/${productId}`
  return useQuery(reading<StockDetail>(url))
}

export function useAdjustStock(productId: number): UseMutationResult<unknown, Error, Adjustment> {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (adjustment) => sendJson<unknown>('POST', `/api/stock/${productId}/adjustments`, adjustment),
    onSuccess: () => invalidatePaths(client, '/api/stock', '/api/products'),
  })
}
