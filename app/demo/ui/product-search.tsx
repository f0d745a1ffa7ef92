import { useDeferredValue, useMemo, useState, type JSX } from 'react'
import { Link } from 'react-router'
import { messageOf } from '../api-error.ts'
import { counted, formatMoney } from '../format.ts'
import { useCatalogueRows, type CatalogueRow } from '../resources/products.ts'
import { useSettings } from '../resources/shop.ts'
import { Dialog } from './dialog.tsx'
import { Icon } from './icon.tsx'

/** More than these would not be read. */
const AT_MOST = 8

/** A search in all products, on this device: it needs no request, and works offline. */
export function ProductSearch({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const [text, setText] = useState('')
  return (
    <Dialog title="Find a product" className="dialog dialog-wide" isLight onClose={onClose}>
      <div className="dialog-head">
        <h2>Find a product</h2>
        <button type="button" className="icon-button" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      <div className="search search-wide" role="search">
        <Icon name="search" />
        <input
          className="input"
          type="search"
          aria-label="Name or SKU"
          placeholder="Name or SKU"
          autoFocus
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </div>
      <Found text={useDeferredValue(text)} onFollow={onClose} />
    </Dialog>
  )
}

function Found({ text, onFollow }: { readonly text: string; readonly onFollow: () => void }): JSX.Element {
  const { data, error, isSyncing } = useCatalogueRows()
  const currency = useSettings().data?.currency
  const found = useMemo(() => search(data?.items ?? [], text), [data, text])
  const shown = found.slice(0, AT_MOST)
  return (
    <>
      <p className="finder-said" role="status">
        {data === undefined
          ? error
            ? messageOf(error)
            : isSyncing
              ? 'Loading the catalogue …'
              : ''
          : said(text, found.length)}
      </p>
      {shown.length > 0 && (
        <ul className="finder" aria-label="Found products">
          {shown.map(({ id, name, sku, priceCents, status }) => (
            <li key={id}>
              <Link className="finder-item" to={`/products/${id}`} onClick={onFollow}>
                <span>
                  {name}
                  <small>
                    <span className="code">{sku}</span>
                    {status === 'archived' && ' · archived'}
                  </small>
                </span>
                <span>{formatMoney(priceCents, currency)}</span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

/** Rows that have all words of the text in their name or number; those whose name begins with it first. */
function search(rows: readonly CatalogueRow[], text: string): readonly CatalogueRow[] {
  const asked = text.trim().toLowerCase()
  const words = asked.split(/\s+/).filter((word) => word !== '')
  if (words.length === 0) return []
  const found = rows.filter(({ name, sku }) => {
    const text = `${name} ${sku}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
  const begins = ({ name }: CatalogueRow): number => (name.toLowerCase().startsWith(asked) ? 0 : 1)
  return found.toSorted((one, other) => begins(one) - begins(other) || one.name.localeCompare(other.name))
}

function said(text: string, count: number): string {
  if (text.trim() === '') return ''
  if (count === 0) return 'Nothing found'
  return count > AT_MOST ? `${counted(count, 'product')}, the first ${AT_MOST} shown` : counted(count, 'product')
}
