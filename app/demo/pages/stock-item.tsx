import type { JSX, SubmitEvent } from 'react'
import { Link, useParams } from 'react-router'
import { fieldErrorsOf, messageOf } from '../api-error.ts'
import { formatDelta, formatMoment, formatNumber } from '../format.ts'
import { useAdjustStock, useStockDetail, type StockMovement } from '../resources/stock.ts'
import { StockCount } from '../ui/badges.tsx'
import { DataTable, type Column } from '../ui/data-table.tsx'
import { Facts } from '../ui/facts.tsx'
import { readText, SelectField, TextField } from '../ui/field.tsx'
import { Loaded, RefreshButton } from '../ui/loaded.tsx'
import { EmptyState, Page, Panel } from '../ui/page.tsx'
import { useToasts } from '../ui/toasts.tsx'

const reasons: Readonly<Record<string, string>> = {
  count: 'Counted',
  damage: 'Damaged',
  received: 'Received',
  returned: 'Returned',
  sold: 'Sold',
}

const columns: readonly Column<StockMovement>[] = [
  { header: 'When', fixed: true, cell: (movement) => formatMoment(movement.createdAt) },
  { header: 'Change', numeric: true, cell: (movement) => formatDelta(movement.delta) },
  { header: 'Reason', cell: (movement) => reasons[movement.reason] ?? movement.reason },
  { header: 'Note', cell: (movement) => (movement.note === null || movement.note === '' ? '–' : movement.note) },
  { header: 'By', cell: (movement) => movement.userName },
]

export function StockItem(): JSX.Element {
  const id = Number(useParams()['id'])
  const stock = useStockDetail(id)
  return (
    <Page
      title={stock.data?.name ?? 'Stock'}
      lead={
        stock.data !== undefined && (
          <>
            <span className="code">{stock.data.sku}</span> <Link to={`/products/${id}`}>Open product</Link>
          </>
        )
      }
      back={{ to: '/stock', label: 'Stock levels' }}
      actions={<RefreshButton label="Refresh stock" />}
    >
      <Loaded query={stock}>
        {(item) => (
          <div className="split">
            <div>
              <Panel title="Level">
                <Facts
                  facts={[
                    ['On hand', <StockCount key="level" value={item.onHand} reorderLevel={item.reorderLevel} />],
                    ['Reserved', formatNumber(item.reserved)],
                    ['Reorder at', formatNumber(item.reorderLevel)],
                    ['Changed', formatMoment(item.updatedAt)],
                  ]}
                />
              </Panel>
              <Panel title="Movements" flush>
                {item.movements.length === 0 ? (
                  <EmptyState title="Nothing has moved yet." />
                ) : (
                  <DataTable
                    caption="Movements"
                    columns={columns}
                    rows={item.movements}
                    rowKey={(movement) => movement.id}
                  />
                )}
              </Panel>
            </div>
            <AdjustmentForm productId={id} name={item.name} />
          </div>
        )}
      </Loaded>
    </Page>
  )
}

function AdjustmentForm({ productId, name }: { readonly productId: number; readonly name: string }): JSX.Element {
  const adjust = useAdjustStock(productId)
  const toasts = useToasts()
  const errors = fieldErrorsOf(adjust.error)
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault()
    const form = event.currentTarget
    const values = new FormData(form)
    const delta = Number(readText(values, 'delta'))
    adjust.mutate(
      { delta, reason: readText(values, 'reason'), note: readText(values, 'note') },
      {
        onSuccess: () => {
          toasts.done(`${name}: ${formatDelta(delta)}`)
          form.reset()
        },
      },
    )
  }
  return (
    <Panel title="Adjust stock">
      <form className="form-stack" onSubmit={submit}>
        <TextField
          label="Change"
          name="delta"
          type="number"
          step={1}
          required
          placeholder="-2 or 12"
          hint="What was added, or with a minus what was taken away."
          error={errors['delta']}
        />
        <SelectField label="Reason" name="reason" error={errors['reason']}>
          <option value="count">Counted</option>
          <option value="damage">Damaged</option>
          <option value="received">Received</option>
          <option value="returned">Returned</option>
        </SelectField>
        <TextField label="Note" name="note" error={errors['note']} />
        {adjust.isError && Object.keys(errors).length === 0 && (
          <p className="form-error" role="alert">
            {messageOf(adjust.error)}
          </p>
        )}
        <div className="form-actions">
          <button type="submit" className="button button-primary" disabled={adjust.isPending}>
            {adjust.isPending ? 'Saving…' : 'Save adjustment'}
          </button>
        </div>
      </form>
    </Panel>
  )
}
