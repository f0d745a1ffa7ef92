import { useSync } from 'freshlayer/react'
import type { JSX } from 'react'
import { Link } from 'react-router'
import { calendarDay, counted, formatCalendarDay, formatMoment, formatNumber, formatTime, plural } from '../format.ts'
import { useActivity } from '../resources/activity.ts'
import { useTasks, useTickTask, type Task } from '../resources/me.ts'
import { useSales } from '../resources/sales.ts'
import { useMoney, useSalesReport, useTill, type SalesReport } from '../resources/shop.ts'
import { useStock } from '../resources/stock.ts'
import { Deeds } from '../ui/bell.tsx'
import { Icon } from '../ui/icon.tsx'
import { Loaded, RefreshButton, Skeleton } from '../ui/loaded.tsx'
import { EmptyState, Page, Panel } from '../ui/page.tsx'
import { useToasts } from '../ui/toasts.tsx'

export function Dashboard(): JSX.Element {
  return (
    <Page
      title="Dashboard"
      lead="What needs you today."
      actions={
        <>
          <RefreshButton label="Refresh all" />
          <Link className="button button-primary" to="/sell">
            Open the till
          </Link>
        </>
      }
    >
      <div className="dashboard">
        <SalesToday />
        <TillNow />
        <MyTasks />
        <LowStock />
        <LatestSales />
        <LatestChanges />
        <OnThisDevice />
      </div>
    </Page>
  )
}

function SalesToday(): JSX.Element {
  const report = useSalesReport(14)
  const money = useMoney()
  return (
    <Panel title="Today’s sales">
      <Loaded query={report} skeleton={<Skeleton rows={3} />}>
        {(data) => {
          const today = data.days.at(-1)
          return (
            <>
              <p className="figure">{money(today?.totalCents ?? 0)}</p>
              <p className="figure-note">
                {counted(today?.count ?? 0, 'sale')}, {comparedWithUsual(data)}
              </p>
              <Bars days={data.days} />
            </>
          )
        }}
      </Loaded>
    </Panel>
  )
}

/** Today's value beside the mean of the earlier days. Early in the day it is far below the mean. */
function comparedWithUsual({ days }: SalesReport): string {
  const earlier = days.slice(0, -1)
  const usual = earlier.reduce((sum, day) => sum + day.totalCents, 0) / Math.max(1, earlier.length)
  const today = days.at(-1)?.totalCents ?? 0
  if (usual === 0) return today === 0 ? 'none in two weeks' : 'the first in two weeks'
  return `${formatNumber(Math.round((today / usual) * 100))} % of a usual day`
}

function Bars({ days }: { readonly days: SalesReport['days'] }): JSX.Element {
  const highest = Math.max(1, ...days.map((day) => day.totalCents))
  return (
    <div className="bars" aria-hidden="true">
      {days.map((day) => (
        <span
          key={day.day}
          className="bar"
          title={formatCalendarDay(day.day)}
          style={{ blockSize: `${Math.max(3, (day.totalCents / highest) * 100)}%` }}
        />
      ))}
    </div>
  )
}

function TillNow(): JSX.Element {
  const till = useTill()
  const money = useMoney()
  return (
    <Panel title="Till" actions={<RefreshButton path="/api/till" label="Refresh till" />}>
      <Loaded query={till} skeleton={<Skeleton rows={3} />}>
        {(data) => (
          <>
            <p className="figure">{money(data.balanceCents)}</p>
            <p className="figure-note">
              Opened {formatTime(data.openedAt)} by {data.cashierName}
            </p>
            <p className="figure-note">Counted by the server at {formatTime(data.serverTime)}</p>
          </>
        )}
      </Loaded>
    </Panel>
  )
}

function MyTasks(): JSX.Element {
  const tasks = useTasks()
  return (
    <Panel title="My tasks" actions={<RefreshButton path="/api/me/tasks" />}>
      <Loaded query={tasks} skeleton={<Skeleton rows={4} />}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title="Nothing to do.">Enjoy it while it lasts.</EmptyState>
          ) : (
            <ul className="tasks">
              {items.map((task) => (
                <TaskItem key={task.id} task={task} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Panel>
  )
}

function TaskItem({ task }: { readonly task: Task }): JSX.Element {
  const toasts = useToasts()
  const tick = useTickTask(task.id, (error) => toasts.failed(`“${task.title}” was not saved`, error))
  const { done } = task
  const overdue = !done && task.dueOn !== null && task.dueOn < calendarDay(new Date())
  return (
    <li>
      <label className={done ? 'task task-done' : 'task'}>
        <input type="checkbox" checked={done} onChange={(event) => tick.mutate({ done: event.target.checked })} />
        <span className="task-title">{task.title}</span>
        {task.dueOn !== null && (
          <span className={overdue ? 'task-due task-overdue' : 'task-due'}>
            {overdue ? 'was due ' : 'due '}
            {formatCalendarDay(task.dueOn)}
          </span>
        )}
      </label>
    </li>
  )
}

function LowStock(): JSX.Element {
  const low = useStock({ level: 'low', pageSize: 6 })
  return (
    <Panel title="Low stock" actions={<RefreshButton path="/api/stock" />}>
      <Loaded query={low} skeleton={<Skeleton rows={6} />}>
        {({ items, total }) =>
          items.length === 0 ? (
            <EmptyState title="Every shelf is full." />
          ) : (
            <>
              <ul className="rows">
                {items.map((item) => (
                  <li key={item.productId}>
                    <Link to={`/stock/${item.productId}`}>{item.name}</Link>
                    <span className="rows-value">
                      <strong>{formatNumber(item.onHand)}</strong> of {formatNumber(item.reorderLevel)}
                    </span>
                  </li>
                ))}
              </ul>
              <Link className="panel-more" to="/stock?level=low">
                {total === 1
                  ? 'The product below its reorder level'
                  : `All ${formatNumber(total)} products below their reorder level`}
              </Link>
            </>
          )
        }
      </Loaded>
    </Panel>
  )
}

function LatestSales(): JSX.Element {
  const sales = useSales({ page: 1, pageSize: 6 })
  const money = useMoney()
  return (
    <Panel title="Latest sales" actions={<RefreshButton path="/api/sales" />}>
      <Loaded query={sales} skeleton={<Skeleton rows={6} />}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title="Nothing has been sold yet." />
          ) : (
            <>
              <ul className="rows">
                {items.map((sale) => (
                  <li key={sale.id}>
                    <span>
                      <Link to={`/sales/${sale.id}`}>{sale.number}</Link>{' '}
                      <span className="muted">
                        {formatMoment(sale.soldAt)} · {sale.mine ? 'you' : sale.cashierName}
                      </span>
                    </span>
                    <span className="rows-value">{money(sale.totalCents)}</span>
                  </li>
                ))}
              </ul>
              <Link className="panel-more" to="/sales">
                All sales
              </Link>
            </>
          )
        }
      </Loaded>
    </Panel>
  )
}

function LatestChanges(): JSX.Element {
  const activity = useActivity()
  return (
    <Panel title="Latest changes">
      <Loaded query={activity} skeleton={<Skeleton rows={5} />}>
        {({ items }) => <Deeds deeds={items.slice(0, 5)} />}
      </Loaded>
    </Panel>
  )
}

const STATES = {
  idle: 'Up to date.',
  syncing: 'Fetching what has changed …',
  offline: 'The server cannot be reached. The search goes on with what is here.',
  error: 'It could not be brought up to date. The search goes on with what is here.',
} as const

/** The rows that the search looks in. */
function OnThisDevice(): JSX.Element {
  const { sync, syncState, syncError, collections } = useSync()
  const catalogue = collections.find(({ entity }) => entity === 'products')
  const isBusy = syncState === 'syncing'
  return (
    <Panel
      title="Offline catalogue"
      actions={
        <button
          type="button"
          className="button"
          aria-disabled={isBusy}
          aria-busy={isBusy}
          onClick={() => !isBusy && void sync()}
        >
          <Icon name="sync" />
          <span>{catalogue?.isLoaded === true ? 'Sync now' : 'Load now'}</span>
        </button>
      }
    >
      {catalogue === undefined || (!catalogue.isLoaded && !isBusy && syncError === undefined) ? (
        <EmptyState title="Not loaded yet.">The first search loads it. Then searching needs no network.</EmptyState>
      ) : (
        <>
          <p className="figure">{formatNumber(catalogue.rows)}</p>
          <p className="figure-note">{plural(catalogue.rows, 'product')}, for a search without a network</p>
          <p className="figure-note" role="status">
            {STATES[catalogue.state]}
            {catalogue.syncedAtMs !== undefined &&
              ` Last synced at ${formatTime(new Date(catalogue.syncedAtMs).toISOString())}.`}
          </p>
        </>
      )}
    </Panel>
  )
}
