import type { JSX } from 'react'
import { Link, useParams } from 'react-router'
import { formatMoment, formatNumber } from '../format.ts'
import { usePurchase, useReceivePurchase, type PurchaseDetail, type PurchaseLine } from '../resources/purchases.ts'
import { useMoney } from '../resources/shop.ts'
import { StatusBadge } from '../ui/badges.tsx'
import { DataTable, type Column } from '../ui/data-table.tsx'
import { Facts } from '../ui/facts.tsx'
import { Loaded, RefreshButton } from '../ui/loaded.tsx'
import { Page, Panel } from '../ui/page.tsx'
import { useToasts } from '../ui/toasts.tsx'

export function PurchasePage(): JSX.Element {
  const purchase = usePurchase(Number(useParams()['id']))
  const money = useMoney()
  const columns: readonly Column<PurchaseLine>[] = [
    { header: 'Product', cell: (line) => <Link to={`/products/${line.productId}`}>{line.name}</Link> },
    { header: 'SKU', cell: (line) => <span className="code">{line.sku}</span> },
    { header: 'Quantity', numeric: true, cell: (line) => formatNumber(line.quantity) },
    { header: 'Each', numeric: true, cell: (line) => money(line.unitCostCents) },
    { header: 'Total', numeric: true, cell: (line) => money(line.quantity * line.unitCostCents) },
  ]
  return (
    <Page
      title={purchase.data === undefined ? 'Purchase' : `Purchase ${purchase.data.number}`}
      back={{ to: '/purchases', label: 'Purchases' }}
      actions={
        <>
          <RefreshButton label="Refresh purchase" />
          {purchase.data?.status === 'ordered' && <ReceiveButton purchase={purchase.data} />}
        </>
      }
    >
      <Loaded query={purchase}>
        {(data) => (
          <>
            <Panel title="Order">
              <Facts
                facts={[
                  ['Supplier', data.supplier],
                  ['Status', <StatusBadge key="status" status={data.status} />],
                  ['Ordered', formatMoment(data.orderedAt)],
                  ['Received', formatMoment(data.receivedAt)],
                  ['Total', <strong key="total">{money(data.totalCents)}</strong>],
                ]}
              />
            </Panel>
            <Panel title="Lines" flush>
              <DataTable caption="Lines" columns={columns} rows={data.lines} rowKey={(line) => line.productId} />
            </Panel>
          </>
        )}
      </Loaded>
    </Page>
  )
}

function ReceiveButton({ purchase }: { readonly purchase: PurchaseDetail }): JSX.Element {
  const receive = useReceivePurchase(purchase.id)
  const toasts = useToasts()
  return (
    <button
      type="button"
      className="button button-primary"
      disabled={receive.isPending}
      onClick={() => {
        // Handled on the promise: the button disappears when the purchase has been read again.
        receive.mutateAsync().then(
          () => toasts.done(`${purchase.number} was received and added to stock`),
          (error: unknown) => toasts.failed(`${purchase.number} was not received`, error),
        )
      }}
    >
      {receive.isPending ? 'Receiving…' : 'Receive goods'}
    </button>
  )
}
