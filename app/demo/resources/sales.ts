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

export interface Sale {
  /** A text while the sale waits for the server. */
  readonly id: number | string
  /** Given by the server. */
  readonly number?: string
  readonly soldAt: string
  readonly cashierName: string
  /** Whether the signed-in user made it. */
  readonly mine: boolean
  readonly lineCount: number
  readonly totalCents: number
}

export interface SaleLine {
  readonly productId: number
  readonly sku: string
  readonly name: string
  readonly quantity: number
  readonly unitPriceCents: number
}

interface SaleDetail extends Sale {
  readonly lines: readonly SaleLine[]
  readonly paidBy?: string
}

export type Payment = 'cash' | 'card'

interface SaleInput {
  readonly lines: readonly { readonly productId: number; readonly quantity: number }[]
  readonly paidBy: Payment
  /** What the till has shown. The server does not go by it: lists have it until they have the sale itself. */
  readonly shown: Pick<Sale, 'soldAt' | 'cashierName' | 'totalCents'>
}

interface SaleFilters {
  /** First and last day, `YYYY-MM-DD`. */
  readonly from?: string
  readonly to?: string
  readonly page?: number
  readonly pageSize?: number
}

export function useSales({ page, pageSize = 25, from, to }: SaleFilters): Shown<Paged<Sale>> {
  return useSynced<Paged<Sale>>(withQuery('/api/sales', { page, pageSize, from, to }))
}

export function useSale(id: number): UseQueryResult<SaleDetail> {
  const url = `/api/sales/${id}`
  return useQuery(reading<SaleDetail>(url))
}

export function useRecordSale(): UseMutationResult<Sale, Error, SaleInput> {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (input) => sendJson<Sale>('POST', '/api/sales', input),
    // Not awaited: the next customer is waiting.
    onSuccess: () => {
      void invalidatePaths(client, '/api/sales', '/api/products', '/api/stock', '/api/reports', '/api/till')
    },
  })
}
