import { useLayoutEffect, useRef, useState, type JSX } from 'react'
import { Link } from 'react-router'
import { messageOf } from '../api-error.ts'
import { formatMoney } from '../format.ts'
import { useFoundProducts } from '../resources/products.ts'
import { useSettings } from '../resources/shop.ts'
import { Icon } from './icon.tsx'
import { SearchField } from './search-field.tsx'

/** A button that opens a search for products, from every page. */
export function ProductSearch(): JSX.Element {
  const [open, setOpen] = useState(false)
  return (
    <>
      <button type="button" className="nav-link" onClick={() => setOpen(true)}>
        <Icon name="search" />
        <span>Find a product</span>
      </button>
      {open && <SearchDialog onClose={() => setOpen(false)} />}
    </>
  )
}

function SearchDialog({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  const [text, setText] = useState('')
  useLayoutEffect(() => {
    const element = dialog.current
    element?.showModal()
    return () => element?.close()
  }, [])
  return (
    <dialog
      ref={dialog}
      className="dialog"
      aria-label="Find a product"
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
    >
      <SearchField label="Name or SKU" value={text} onSearch={setText} />
      <Found text={text} onFollow={onClose} />
      <div className="form-actions">
        <button type="button" className="button" onClick={onClose}>
          Close
        </button>
      </div>
    </dialog>
  )
}

function Found({ text, onFollow }: { readonly text: string; readonly onFollow: () => void }): JSX.Element {
  const { data, error, isSyncing } = useFoundProducts(text)
  const currency = useSettings().data?.currency
  if (data === undefined) return <p role="status">{error ? messageOf(error) : isSyncing ? 'Searching …' : ''}</p>
  if (data.items.length === 0) return <p role="status">Nothing found</p>
  return (
    <ul className="finder" aria-label="Found products" aria-busy={isSyncing}>
      {data.items.map(({ id, name, sku, priceCents }) => (
        <li key={id}>
          <Link className="finder-item" to={`/products/${id}`} onClick={onFollow}>
            <span>
              {name} <small>{sku}</small>
            </span>
            <span>{formatMoney(priceCents, currency)}</span>
          </Link>
        </li>
      ))}
    </ul>
  )
}
