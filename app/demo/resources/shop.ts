import {
  useMutation,
  useQuery,
  useQueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from '@tanstack/react-query'
import { getJson, sendJson } from '../api.ts'
import { formatMoney } from '../format.ts'
import { invalidatePaths, withQuery } from './query-keys.ts'

export interface Settings {
  readonly shopName: string
  readonly currency: string
  readonly taxPercent: number
  readonly receiptFooter: string
  readonly updatedAt: string
}

type SettingsInput = Omit<Settings, 'updatedAt'>

export interface Till {
  readonly openedAt: string
  readonly cashierName: string
  readonly balanceCents: number
  readonly serverTime: string
}

export interface SalesReport {
  readonly days: readonly { readonly day: string; readonly totalCents: number; readonly count: number }[]
  readonly totalCents: number
  readonly count: number
  readonly topProducts: readonly {
    readonly productId: number
    readonly name: string
    readonly quantity: number
    readonly totalCents: number
  }[]
  readonly byCategory: readonly { readonly categoryId: number; readonly name: string; readonly totalCents: number }[]
}

export function useSettings(): UseQueryResult<Settings> {
  return useQuery({
    queryKey: ['/api/settings'],
    queryFn: ({ signal }) => getJson<Settings>('/api/settings', signal),
  })
}

export function useSaveSettings(): UseMutationResult<Settings, Error, SettingsInput> {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (input) => sendJson<Settings>('PUT', '/api/settings', input),
    onSuccess: () => invalidatePaths(client, '/api/settings'),
  })
}

/** Writes cents in the shop's currency. */
export function useMoney(): (cents: number) => string {
  const currency = useSettings().data?.currency
  return (cents) => formatMoney(cents, currency)
}

export function useTill(): UseQueryResult<Till> {
  return useQuery({ queryKey: ['/api/till'], queryFn: ({ signal }) => getJson<Till>('/api/till', signal) })
}

export function useSalesReport(days: number): UseQueryResult<SalesReport> {
  const url = withQuery('/api/reports/sales', { days })
  return useQuery({ queryKey: [url], queryFn: ({ signal }) => getJson<SalesReport>(url, signal) })
}
