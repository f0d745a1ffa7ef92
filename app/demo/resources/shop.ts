import {
  useMutation,
  useQuery,
  useQueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from '@tanstack/react-query'
import { sendJson } from '../api.ts'
import { formatMoney } from '../format.ts'
import { invalidatePaths, withQuery } from './query-keys.ts'
import { reading } from './reading.ts'
import { useSynced, type Shown } from './synced.ts'

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
  return useQuery(reading<Settings>('/api/settings'))
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

export function useTill(): Shown<Till> {
  return useSynced<Till>('/api/till')
}

export function useSalesReport(days: number): Shown<SalesReport> {
  return useSynced<SalesReport>(withQuery('/api/reports/sales', { days }))
}
