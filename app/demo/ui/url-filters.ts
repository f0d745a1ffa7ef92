import { useSearchParams } from 'react-router'

interface UrlFilters {
  /** The filter's value; empty when the address does not set it. */
  readonly get: (name: string) => string
  /** From 1. */
  readonly page: number
  /** Sets or, with an empty value, removes a filter, and goes back to the first page. */
  readonly set: (name: string, value: string) => void
  readonly setPage: (page: number) => void
  readonly clear: () => void
  /** Whether the address sets a filter. The page of a list is none. */
  readonly any: boolean
}

/** A list's filters, kept in the address so that they survive a reload and can be sent to a colleague. */
export function useUrlFilters(): UrlFilters {
  const [params, setParams] = useSearchParams()
  const change = (edit: (next: URLSearchParams) => void, replace: boolean): void => {
    setParams(
      (before) => {
        const next = new URLSearchParams(before)
        edit(next)
        return next
      },
      { replace },
    )
  }
  return {
    get: (name) => params.get(name) ?? '',
    page: parsePage(params.get('page')),
    set: (name, value) =>
      change((next) => {
        if (value === '') next.delete(name)
        else next.set(name, value)
        next.delete('page')
      }, true),
    setPage: (page) =>
      change((next) => {
        if (page <= 1) next.delete('page')
        else next.set('page', String(page))
      }, false),
    clear: () => setParams({}, { replace: true }),
    any: [...params.keys()].some((name) => name !== 'page'),
  }
}

/** The page an address asks for; 1 for everything that is not a page. */
function parsePage(text: string | null): number {
  return text !== null && /^[1-9]\d{0,5}$/.test(text) ? Number(text) : 1
}
