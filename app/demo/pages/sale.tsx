import type { JSX } from 'react'
import { Link, useParams } from 'react-router'
import { formatMoment, formatNumber } from '../format.ts'
import { useSale, type SaleLine } from '../resources/sales.ts'
import { useMoney, useSettings } from '../resources/shop.ts'
import { DataTable, type Column } from '../ui/data-table.tsx'
import { Facts } from '../ui/facts.tsx'
import { Loaded, RefreshButton } from '../ui/loaded.tsx'
import { Page, Panel } from '../ui/page.tsx'

export function SalePage(): JSX.Element {
  const sale = useSale(Number(useParams()['id']))
  const settings = useSettings().data
  const money = useMoney()
  const columns: readonly Column<SaleLine>[] = [
    { header: 'Product', cell: (line) => <Link to={`/products/${line.productId}`}>{line.name}</Link> },
    { header: 'SKU', cell: (line) => <span className="code">{line.sku}</span> },
    { header: 'Quantity', numeric: true, cell: (line) => formatNumber(line.quantity) },
    { header: 'Each', numeric: true, cell: (line) => money(line.unitPriceCents) },
    { header: 'Total', numeric: true, cell: (line) => money(line.quantity * line.unitPriceCents) },
  ]
  return (
    <Page
      title={sale.data === undefined ? 'Sale' : `Sale ${sale.data.number ?? ''}`}
      back={{ to: '/sales', label: 'Sales' }}
      actions={<RefreshButton label="Refresh sale" />}
    >
      <Loaded query={sale}>
        {(data) => (
          <>
            <Panel title="Receipt">
              <Facts
                facts={[
                  ['Sold', formatMoment(data.soldAt)],
                  ['Cashier', data.mine ? `${data.cashierName} (you)` : data.cashierName],
                  ['Paid by', data.paidBy === undefined ? '–' : data.paidBy === 'cash' ? 'Cash' : 'Card'],
                  ['Total', <strong key="total">{money(data.totalCents)}</strong>],
                ]}
              />
              {settings !== undefined && settings.receiptFooter !== '' && (
                <p className="prose muted">{settings.receiptFooter}</p>
              )}
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
