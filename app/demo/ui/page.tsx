import type { JSX, ReactNode } from 'react'
import { Link } from 'react-router'
import { Icon } from './icon.tsx'

interface PageProps {
  readonly title: string
  /** One quiet line under the title. */
  readonly lead?: ReactNode
  readonly back?: { readonly to: string; readonly label: string }
  readonly actions?: ReactNode
  readonly children: ReactNode
}

export function Page({ title, lead, back, actions, children }: PageProps): JSX.Element {
  return (
    <div className="page">
      <title>{`${title} · Corner Supply Co.`}</title>
      {back !== undefined && (
        <Link className="back-link" to={back.to}>
          <Icon name="back" />
          {back.label}
        </Link>
      )}
      <header className="page-head">
        <div>
          <h1>{title}</h1>
          {lead !== undefined && <p className="lead">{lead}</p>}
        </div>
        {actions !== undefined && <div className="page-actions">{actions}</div>}
      </header>
      {children}
    </div>
  )
}

/** A titled block of a page. */
export function Panel({
  title,
  actions,
  children,
  flush = false,
}: {
  readonly title: string
  readonly actions?: ReactNode
  readonly children: ReactNode
  /** Lets a table reach the edges. */
  readonly flush?: boolean
}): JSX.Element {
  return (
    <section className={flush ? 'panel panel-flush' : 'panel'} aria-label={title}>
      <header className="panel-head">
        <h2>{title}</h2>
        {actions}
      </header>
      <div className="panel-body">{children}</div>
    </section>
  )
}

export function EmptyState({
  title,
  children,
}: {
  readonly title: string
  readonly children?: ReactNode
}): JSX.Element {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      {children !== undefined && <p>{children}</p>}
    </div>
  )
}
