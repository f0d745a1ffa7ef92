import {
  keepPreviousData,
  useMutation,
  useQuery,
  useQueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from '@tanstack/react-query'
import { type Mutation, type SyncedQuery, useSyncedMutation, useSyncedQuery } from 'freshlayer/react'
import { deleteAt, getTagged, send, sendJson, sendRead, type Tagged } from '../api.ts'
import { invalidatePaths, withQuery, type Listed, type Paged } from './query-keys.ts'
import { reading, taggedReading } from './reading.ts'
import { useSynced, type Shown } from './synced.ts'

type ProductStatus = 'active' | 'archived'

export interface Product {
  readonly id: number
  readonly sku: string
  readonly name: string
  readonly categoryId: number
  readonly brandId: number
  readonly unitId: number
  readonly priceCents: number
  readonly costCents: number
  readonly status: ProductStatus
  readonly description: string
  readonly tags: readonly string[]
  readonly variantCount: number
  readonly onHand: number
  readonly updatedAt: string
}

export interface ProductDetail extends Product {
  readonly category: { readonly id: number; readonly name: string }
  readonly brand: { readonly id: number; readonly name: string }
  readonly unit: { readonly id: number; readonly name: string; readonly symbol: string }
}

/** The properties of a product that a user can set. */
export type ProductInput = Pick<
  Product,
  'sku' | 'name' | 'categoryId' | 'brandId' | 'unitId' | 'priceCents' | 'costCents' | 'status' | 'description' | 'tags'
>

interface ProductFilters {
  readonly search?: string
  readonly category?: string
  readonly brand?: string
  readonly status?: string
  readonly tag?: string
  readonly sort?: string
  readonly page?: number
  readonly pageSize?: number
}

export function productsUrl(filters: ProductFilters): string {
  const { search, category, brand, status, tag, sort, page, pageSize = 25 } = filters
  return withQuery('/api/products', { search, category, brand, status, tag, sort, page, pageSize })
}

export function useProducts(filters: ProductFilters): UseQueryResult<Paged<Product>> {
  const url = productsUrl(filters)
  return useQuery({ ...reading<Paged<Product>>(url), placeholderData: keepPreviousData })
}

export function useProduct(id: number): UseQueryResult<Tagged<ProductDetail>> {
  const url = `/api/products/${id}`
  return useQuery(taggedReading<ProductDetail>(url))
}

/** Reads a product past all caches: a 412 has just shown that their copies are old. */
export function useReloadProduct(id: number): UseMutationResult<Tagged<ProductDetail>, Error, void> {
  const client = useQueryClient()
  const url = `/api/products/${id}`
  return useMutation({
    mutationFn: () => getTagged<ProductDetail>(url, { cache: 'no-cache' }),
    onSuccess: (latest) => client.setQueryData([url], latest),
  })
}

/** A list that a save changes at once, before the server has answered. */
export function useProductList(url: string): Shown<Paged<Product>> {
  return useSynced<Paged<Product>>(url)
}

/** A product in short, as the layer keeps all of them for the search. */
export type CatalogueRow = Pick<Product, 'id' | 'sku' | 'name' | 'priceCents' | 'status'>

/** All products. The layer answers from the rows it keeps, and fetches only those that have changed. */
export function useCatalogueRows(): SyncedQuery<{ readonly items: readonly CatalogueRow[] }> {
  return useSyncedQuery('/api/catalogue', { fetch: sendRead })
}

/** The tags in use, the commonest first. */
export function useTagNames(): readonly string[] {
  const { data } = useSyncedQuery<Listed<{ readonly name: string }>>('/api/product-tags', { fetch: sendRead })
  return data?.items.map(({ name }) => name) ?? []
}

/** What a quick edit changes. What it does not name stays as others have left it. */
export type ProductChange = Partial<Pick<Product, 'name' | 'priceCents' | 'status' | 'tags'>>

/**
 * Saves a part of a product. The list at `listUrl` shows it at once; if the save fails, it shows again what was there.
 *
 * @param onError called when it has failed, also where the dialog is closed by then.
 */
export function useChangeProduct(
  { id, listUrl }: { readonly id: number; readonly listUrl: string },
  { onSuccess, onError }: { readonly onSuccess: () => void; readonly onError: (error: Error) => void },
): Mutation<Product, ProductChange> {
  const client = useQueryClient()
  return useSyncedMutation<Product, ProductChange>('PATCH', `/api/products/${id}`, {
    fetch: send,
    optimistic: (show, change) =>
      show<Paged<Product> | undefined>(
        listUrl,
        (before) =>
          before && { ...before, items: before.items.map((item) => (item.id === id ? { ...item, ...change } : item)) },
      ),
    successMessage: ({ name }) => `${name} was saved. All users will see the update.`,
    onSuccess: () => {
      void invalidatePaths(client, '/api/products', '/api/stock')
      onSuccess()
    },
    onError,
  })
}

/** @param onCreated called when the server has made it. */
export function useCreateProduct(onCreated: (product: Product) => void): Mutation<Product, ProductInput> {
  const client = useQueryClient()
  return useSyncedMutation<Product, ProductInput>('POST', '/api/products', {
    fetch: send,
    successMessage: 'Product created. All users will see the update.',
    onSuccess: (product) => {
      void invalidatePaths(client, '/api/products', '/api/stock', '/api/categories', '/api/brands')
      onCreated(product)
    },
  })
}

/** Saves a product over the version named by `etag`; the server answers 412 when it is no longer that one. */
export function useSaveProduct(
  id: number,
): UseMutationResult<Product, Error, { input: ProductInput; etag: string | null }> {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ input, etag }) => sendJson<Product>('PUT', `/api/products/${id}`, input, { ifMatch: etag }),
    onSuccess: () => invalidatePaths(client, '/api/products', '/api/stock', '/api/categories', '/api/brands'),
  })
}

export function useDeleteProduct(id: number): UseMutationResult<void, Error, void> {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => deleteAt(`/api/products/${id}`),
    onSuccess: () => {
      // Not awaited: the user is leaving the page of this product, and a new request for it would give a 404.
      client.removeQueries({ queryKey: [`/api/products/${id}`] })
      void invalidatePaths(client, '/api/stock', '/api/categories', '/api/brands')
    },
  })
}
