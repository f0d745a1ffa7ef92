import { connect } from '../../app/tab/index.ts'

/** What a page has heard of a write; undefined: nothing, however often it tried. */
export interface Heard {
  readonly status: number
  /** The write's place in the outbox, where the layer has answered in the origin's place. */
  readonly queued: string | null
  readonly id: string | undefined
}

declare global {
  interface Window {
    layer: ReturnType<typeof connect>
    /** @param type of the body. Default: JSON. */
    act: (method: string, path: string, body?: object, type?: string) => Promise<Heard | undefined>
    productRows: () => Promise<readonly { readonly id: unknown; readonly name: string }[]>
  }
}

window.layer = connect()

/** As apps do: after a network error the same request is sent again, a few times. */
window.act = async (method, path, body, type = 'application/json') => {
  for (let attempt = 0; attempt < 6; attempt++) {
    try {
      const response = await fetch(path, {
        method,
        headers: { accept: 'application/json', ...(body && { 'content-type': type }) },
        ...(body && { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      const json = text.startsWith('{') ? (JSON.parse(text) as { id?: unknown }) : {}
      const id = json.id === undefined ? undefined : String(json.id)
      return { status: response.status, queued: response.headers.get('freshlayer-outbox'), id }
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
  }
  return undefined
}

window.productRows = async () => {
  const response = await fetch('/api/products', { headers: { accept: 'application/json' } })
  return (await response.json()) as readonly { id: unknown; name: string }[]
}
