import type { JSX } from 'react'
import { Link } from 'react-router'
import { Bar, BarChart, CartesianGrid, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import { formatCalendarDay, formatNumber } from '../format.ts'
import { useMoney, useSalesReport, type SalesReport } from '../resources/shop.ts'
import { DataTable, type Column } from '../ui/data-table.tsx'
import { Loaded, RefreshButton } from '../ui/loaded.tsx'
import { EmptyState, Page, Panel } from '../ui/page.tsx'
import { FilterSelect } from '../ui/search-field.tsx'
import { useUrlFilters } from '../ui/url-filters.ts'

type Day = SalesReport['days'][number]
type TopProduct = SalesReport['topProducts'][number]
type CategoryTotal = SalesReport['byCategory'][number]

const spans = [
  { value: '7', label: 'Last 7 days' },
  { value: '30', label: 'Last 30 days' },
  { value: '90', label: 'Last 90 days' },
]

const shapes = [
  { value: 'bar', label: 'Bars' },
  { value: 'line', label: 'Line' },
]

export function Report(): JSX.Element {
  const filters = useUrlFilters()
  const span = spans.some(({ value }) => value === filters.get('days')) ? filters.get('days') : '30'
  const shape = filters.get('chart') === 'line' ? 'line' : 'bar'
  const report = useSalesReport(Number(span))
  const money = useMoney()
  return (
    <Page
      title="Report"
      lead="Sales over time, and what they were made of."
      actions={<RefreshButton label="Refresh report" />}
    >
      <div className="filters">
        <FilterSelect label="Days" value={span} options={spans} onChoose={(value) => filters.set('days', value)} />
        <FilterSelect label="Chart" value={shape} options={shapes} onChoose={(value) => filters.set('chart', value)} />
      </div>
      <Loaded query={report}>
        {(data) => (
          <>
            <div className="figures">
              <Figure name="Turnover" value={money(data.totalCents)} />
              <Figure name="Sales" value={formatNumber(data.count)} />
              <Figure name="Average sale" value={money(data.count === 0 ? 0 : data.totalCents / data.count)} />
            </div>
            <Panel title="Turnover per day">
              <Chart days={data.days} shape={shape} money={money} />
              <details className="chart-table">
                <summary>Show as a table</summary>
                <DataTable
                  caption="Turnover per day"
                  columns={dayColumns(money)}
                  rows={data.days.toReversed()}
                  rowKey={(day) => day.day}
                />
              </details>
            </Panel>
            <div className="halves">
              <Panel title="Top products" flush>
                {data.topProducts.length === 0 ? (
                  <EmptyState title="Nothing was sold in this time." />
                ) : (
                  <DataTable
                    caption="Top products"
                    columns={productColumns(money)}
                    rows={data.topProducts}
                    rowKey={(product) => product.productId}
                  />
                )}
              </Panel>
              <Panel title="By category">
                <Shares categories={data.byCategory} money={money} />
              </Panel>
            </div>
          </>
        )}
      </Loaded>
    </Page>
  )
}

function Figure({ name, value }: { readonly name: string; readonly value: string }): JSX.Element {
  return (
    <div className="figure-card">
      <p className="figure-name">{name}</p>
      <p className="figure">{value}</p>
    </div>
  )
}

function Chart({
  days,
  shape,
  money,
}: {
  readonly days: readonly Day[]
  readonly shape: 'bar' | 'line'
  readonly money: (cents: number) => string
}): JSX.Element {
  const data = days.map((day) => ({ label: formatCalendarDay(day.day), totalCents: day.totalCents }))
  const axis = { stroke: 'var(--line-strong)', tick: { fill: 'var(--ink-soft)', fontSize: 12 }, tickLine: false }
  const parts = (
    <>
      <CartesianGrid vertical={false} stroke="var(--line)" />
      {/* Equal steps: by default the labels crowd towards the end. */}
      <XAxis dataKey="label" interval="equidistantPreserveStart" minTickGap={24} {...axis} />
      <YAxis width={64} axisLine={false} tickFormatter={(cents: number) => formatNumber(cents / 100)} {...axis} />
      <Tooltip
        cursor={{ fill: 'var(--hover)', stroke: 'var(--line-strong)' }}
        contentStyle={{ background: 'var(--surface)', border: '1px solid var(--line-strong)', borderRadius: 6 }}
        labelStyle={{ color: 'var(--ink)' }}
        itemStyle={{ color: 'var(--ink)' }}
        formatter={(cents) => [money(Number(cents)), 'Turnover']}
      />
    </>
  )
  return (
    <div className="chart" role="img" aria-label="Turnover per day; the table below holds the same figures">
      <ResponsiveContainer width="100%" height="100%">
        {shape === 'bar' ? (
          <BarChart data={data} accessibilityLayer={false}>
            {parts}
            <Bar dataKey="totalCents" fill="var(--chart)" radius={[3, 3, 0, 0]} isAnimationActive={false} />
          </BarChart>
        ) : (
          <LineChart data={data} accessibilityLayer={false}>
            {parts}
            <Line dataKey="totalCents" stroke="var(--chart)" strokeWidth={2} dot={false} isAnimationActive={false} />
          </LineChart>
        )}
      </ResponsiveContainer>
    </div>
  )
}

function Shares({
  categories,
  money,
}: {
  readonly categories: readonly CategoryTotal[]
  readonly money: (cents: number) => string
}): JSX.Element {
  const largest = Math.max(1, ...categories.map((category) => category.totalCents))
  if (categories.length === 0) return <EmptyState title="Nothing was sold in this time." />
  return (
    <ul className="shares">
      {categories.slice(0, 12).map((category) => (
        <li key={category.categoryId}>
          <span>{category.name}</span>
          <span className="rows-value">{money(category.totalCents)}</span>
          <span className="share" aria-hidden="true">
            <span style={{ inlineSize: `${(category.totalCents / largest) * 100}%` }} />
          </span>
        </li>
      ))}
    </ul>
  )
}

function dayColumns(money: (cents: number) => string): readonly Column<Day>[] {
  return [
    { header: 'Day', fixed: true, cell: (day) => formatCalendarDay(day.day) },
    { header: 'Sales', numeric: true, cell: (day) => formatNumber(day.count) },
    { header: 'Turnover', numeric: true, cell: (day) => money(day.totalCents) },
  ]
}

function productColumns(money: (cents: number) => string): readonly Column<TopProduct>[] {
  return [
    { header: 'Product', cell: (product) => <Link to={`/products/${product.productId}`}>{product.name}</Link> },
    { header: 'Sold', numeric: true, cell: (product) => formatNumber(product.quantity) },
    { header: 'Turnover', numeric: true, cell: (product) => money(product.totalCents) },
  ]
}
