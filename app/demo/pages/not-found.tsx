import type { JSX } from 'react'
import { Link } from 'react-router'
import { EmptyState, Page } from '../ui/page.tsx'

export function NotFound(): JSX.Element {
  return (
    <Page title="Page not found">
      <EmptyState title="There is nothing at this address.">
        <Link to="/">Go to the dashboard</Link>
      </EmptyState>
    </Page>
  )
}
