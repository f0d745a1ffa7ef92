import {
  keepPreviousData,
  useMutation,
  useQuery,
  useQueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from '@tanstack/react-query'
import { sendJson } from '../api.ts'
import { invalidatePaths, withQuery, type Paged } from './query-keys.ts'
import { reading } from './reading.ts'

export interface Purchase {
  readonly id: number
  readonly number: string
  readonly supplier: string
  readonly status: 'ordered' | 'received'
  readonly orderedAt: string
  readonly receivedAt: string | null
  readonly lineCount: number
  readonly totalCents: number
}

export interface PurchaseLine {
  readonly productId: number
  readonly sku: string
  readonly name: string
  readonly quantity: number
  readonly unitCostCents: number
}

export interface PurchaseDetail extends Purchase {
  readonly lines: readonly PurchaseLine[]
}

interface PurchaseInput {
  readonly supplier: string
  readonly lines: readonly Pick<PurchaseLine, 'productId' | 'quantity' | 'unitCostCents'>[]
}

export function usePurchases(page: number): UseQueryResult<Paged<Purchase>> {
  const url = withQuery('/api/purchases', { page, pageSize: 25 })
  return useQuery({ ...reading<Paged<Purchase>>(url), placeholderData: keepPreviousData })
}

export function usePurchase(id: number): UseQueryResult<PurchaseDetail> {
  const url = `/api/purchases/${id}`
  return useQuery(reading<PurchaseDetail>(url))
}

export function useOrderPurchase(): UseMutationResult<Purchase, Error, PurchaseInput> {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (input) => sendJson<Purchase>('POST', '/api/purchases', input),
    onSuccess: () => invalidatePaths(client, '/api/purchases'),
  })
}

export function useReceivePurchase(id: number): UseMutationResult<Purchase, Error, void> {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => sendJson<Purchase>('POST', `/api/purchases/${id}/receive`, {}),
    onSuccess: () => invalidatePaths(client, '/api/purchases', '/api/stock', '/api/products'),
  })
}
