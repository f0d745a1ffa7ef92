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
        {/* A full load: a part of the app that failed to arrive is not asked for twice by the same document. */}
        <ErrorPanel error={this.state.error} onRetry={() => window.location.reload()} />
      </Page>
    )
  }
}
