import { useId, useState, type JSX, type SubmitEvent } from 'react'
import { Link } from 'react-router'
import { fieldErrorsOf, messageOf } from '../api-error.ts'
import { counted, formatDay, formatNumber } from '../format.ts'
import {
  useCatalogue,
  useDeleteCatalogueEntry,
  useSaveCatalogueEntry,
  type CatalogueEntry,
  type CataloguePath,
} from '../resources/catalogue.ts'
import { Confirm } from '../ui/confirm.tsx'
import { DataTable, type Column } from '../ui/data-table.tsx'
import { readText, TextField } from '../ui/field.tsx'
import { Loaded, RefreshButton } from '../ui/loaded.tsx'
import { EmptyState, Page, Panel } from '../ui/page.tsx'
import { useToasts } from '../ui/toasts.tsx'

type Kind = 'categories' | 'brands' | 'units'

interface KindFacts {
  readonly path: CataloguePath
  readonly title: string
  readonly one: string
  readonly lead: string
  /** The second field, besides the name. */
  readonly extra?: 'country' | 'symbol'
  /** The products list's filter that shows an entry's products. */
  readonly filter?: 'category' | 'brand'
}

const kinds: Record<Kind, KindFacts> = {
  categories: {
    path: '/api/categories',
    title: 'Categories',
    one: 'category',
    lead: 'The aisles of the shop.',
    filter: 'category',
  },
  brands: {
    path: '/api/brands',
    title: 'Brands',
    one: 'brand',
    lead: 'Who makes what we sell.',
    extra: 'country',
    filter: 'brand',
  },
  units: { path: '/api/units', title: 'Units', one: 'unit', lead: 'How goods are counted.', extra: 'symbol' },
}

const extraLabels = { country: 'Country', symbol: 'Symbol' } as const

/** One of the small lists that products refer to, edited in place. */
export function CatalogueList({ kind }: { readonly kind: Kind }): JSX.Element {
  const facts = kinds[kind]
  const { path, title, one, lead, extra, filter } = facts
  const entries = useCatalogue(path)
  const [editingId, setEditingId] = useState<number | undefined>(undefined)
  const [deleting, setDeleting] = useState<CatalogueEntry | undefined>(undefined)
  const formId = useId()
  const save = useSaveCatalogueEntry(path)
  const toasts = useToasts()
  const stopEditing = (): void => {
    save.reset()
    setEditingId(undefined)
  }
  const submitEdit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault()
    if (editingId === undefined) return
    save.mutate(
      { id: editingId, input: readEntry(new FormData(event.currentTarget), extra) },
      {
        onSuccess: (entry) => {
          toasts.done(`${entry.name} was saved`)
          stopEditing()
        },
      },
    )
  }
  const input = (entry: CatalogueEntry, name: 'name' | 'country' | 'symbol', label: string): JSX.Element => (
    <input
      className="input"
      form={formId}
      name={name}
      required
      aria-label={`${label} of ${entry.name}`}
      aria-invalid={fieldErrorsOf(save.error)[name] !== undefined}
      defaultValue={entry[name]}
    />
  )

  const columns: readonly Column<CatalogueEntry>[] = [
    {
      header: 'Name',
      cell: (entry) =>
        entry.id === editingId ? (
          <>
            {input(entry, 'name', 'Name')}
            {save.isError && (
              <span className="field-error" role="alert">
                {Object.values(fieldErrorsOf(save.error))[0] ?? messageOf(save.error)}
              </span>
            )}
          </>
        ) : (
          entry.name
        ),
    },
    ...(extra === undefined
      ? []
      : [
          {
            header: extraLabels[extra],
            cell: (entry: CatalogueEntry) =>
              entry.id === editingId ? input(entry, extra, extraLabels[extra]) : (entry[extra] ?? '–'),
          },
        ]),
    ...(filter === undefined
      ? []
      : [
          {
            header: 'Products',
            numeric: true,
            cell: (entry: CatalogueEntry) => (
              <Link to={`/products?${filter}=${entry.id}`} aria-label={`Products of ${entry.name}`}>
                {formatNumber(entry.productCount ?? 0)}
              </Link>
            ),
          },
        ]),
    { header: 'Changed', fixed: true, cell: (entry) => formatDay(entry.updatedAt) },
    {
      header: 'Actions',
      quiet: true,
      cell: (entry) =>
        entry.id === editingId ? (
          <form id={formId} className="row-actions" onSubmit={submitEdit}>
            <button type="submit" className="button button-small button-primary" disabled={save.isPending}>
              {save.isPending ? 'Saving…' : 'Save'}
            </button>
            <button type="button" className="button button-small" onClick={stopEditing}>
              Cancel
            </button>
          </form>
        ) : (
          <span className="row-actions">
            <button type="button" className="button button-small" onClick={() => setEditingId(entry.id)}>
              Edit<span className="visually-hidden"> {entry.name}</span>
            </button>
            <button type="button" className="button button-small button-danger" onClick={() => setDeleting(entry)}>
              Delete<span className="visually-hidden"> {entry.name}</span>
            </button>
          </span>
        ),
    },
  ]

  return (
    <Page title={title} lead={lead} actions={<RefreshButton />}>
      <NewEntry facts={facts} />
      <Loaded query={entries}>
        {({ items, total }) =>
          items.length === 0 ? (
            <EmptyState title="The list is empty.">Add the first one above.</EmptyState>
          ) : (
            <>
              <DataTable caption={title} columns={columns} rows={items} rowKey={(entry) => entry.id} />
              <p className="table-note">{counted(total, one, kind)}</p>
            </>
          )
        }
      </Loaded>
      {deleting !== undefined && <DeleteEntry path={path} entry={deleting} onClose={() => setDeleting(undefined)} />}
    </Page>
  )
}

function NewEntry({ facts: { path, one, extra } }: { readonly facts: KindFacts }): JSX.Element {
  const create = useSaveCatalogueEntry(path)
  const toasts = useToasts()
  const errors = fieldErrorsOf(create.error)
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault()
    const form = event.currentTarget
    create.mutate(
      { input: readEntry(new FormData(form), extra) },
      {
        onSuccess: (entry) => {
          toasts.done(`${entry.name} was added`)
          form.reset()
        },
      },
    )
  }
  return (
    <Panel title={`New ${one}`}>
      <form className="form-row form-row-short" onSubmit={submit}>
        <TextField label="Name" name="name" required error={errors['name']} />
        {extra !== undefined && <TextField label={extraLabels[extra]} name={extra} required error={errors[extra]} />}
        <button type="submit" className="button button-primary" disabled={create.isPending}>
          {create.isPending ? 'Adding…' : `Add ${one}`}
        </button>
      </form>
      {create.isError && Object.keys(errors).length === 0 && (
        <p className="form-error" role="alert">
          {messageOf(create.error)}
        </p>
      )}
    </Panel>
  )
}

function DeleteEntry({
  path,
  entry,
  onClose,
}: {
  readonly path: CataloguePath
  readonly entry: CatalogueEntry
  readonly onClose: () => void
}): JSX.Element {
  const remove = useDeleteCatalogueEntry(path)
  const toasts = useToasts()
  return (
    <Confirm
      title={`Delete ${entry.name}?`}
      detail="Only an entry that no product uses can be deleted."
      action="Delete"
      busy={remove.isPending}
      onCancel={onClose}
      onConfirm={() =>
        remove.mutate(entry.id, {
          onSuccess: () => toasts.done(`${entry.name} was deleted`),
          onError: (error) => toasts.failed(`${entry.name} was not deleted`, error),
          onSettled: onClose,
        })
      }
    />
  )
}

function readEntry(form: FormData, extra: KindFacts['extra']): Record<string, string> {
  const name = readText(form, 'name')
  return extra === undefined ? { name } : { name, [extra]: readText(form, extra) }
}
