import { Component, type ReactNode } from 'react'
import { ErrorPanel } from './loaded.tsx'
import { Page } from './page.tsx'

/** Keeps the navigation usable when one page cannot be drawn, or its code cannot be fetched. */
export class PageFailure extends Component<{ readonly children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: undefined }

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error }
  }

  override render(): ReactNode {
    if (this.state.error === undefined) return this.props.children
    return (
      <Page title="This page cannot be shown">
        {/* A full page load: the same document does not request a script again after it failed to load. */}
        <ErrorPanel error={this.state.error} onRetry={() => window.location.reload()} />
      </Page>
    )
  }
}
