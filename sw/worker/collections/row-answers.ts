import type { CollectionRule } from '../../../config/language/index.ts'
import type { CacheStatus } from '../../core/cache-status.ts'
import { BARE, withoutRows, type Wrapper, wrapperOf } from '../../core/collections/wrapper.ts'
import { epochMs, secondsBetween } from '../../core/units.ts'
import { withCacheStatus } from '../../fetch/answer.ts'
import { now, pause } from '../../fetch/clock.ts'
import { report } from '../report.ts'
import type { ReadContext } from '../requests/read.ts'
import type { Statistics } from '../statistics.ts'
import type { CollectionStore } from './collection-store.ts'
import type { Named } from './named.ts'
import { headKey, type Of, type RowSet } from './records.ts'
import type { Held } from './row-standing.ts'

interface Ports {
  readonly statistics: Statistics
  readonly collections: Pick<CollectionStore, 'texts' | 'wrapper' | 'putWrapper'>
}

/** Answers of the layer's own making are no longer kept than so many characters. */
const MOST_KEPT = 8_000_000

/** Rows whose JSON is handed over in one go. */
const SLICE = 1000

/** Makes answers of rows: lists with what is around their rows, and items. */
export class RowAnswers {
  readonly #ports: Ports
  /** The list that is being put together, or was last, by its rows. */
  #list: { readonly rows: RowSet; readonly texts: Promise<readonly string[] | undefined> } | undefined
  /** Lists whose answer has been looked at for what it has around its rows. */
  readonly #learnt = new Set<string>()

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /** The rows as an answer; undefined where it cannot be put together. */
  async of(
    { head: { method }, rule: { name }, isTheirs }: ReadContext,
    place: Of,
    { rule, id }: Named,
    held: Held | undefined,
    how: CacheStatus,
  ): Promise<Response | undefined> {
    if (held === undefined) return undefined
    const { head, row } = held
    const { live } = head
    let chunks: string | Iterable<string>
    if (id !== undefined) {
      if (row === undefined) return undefined
      chunks = row.text
    } else {
      if (live === undefined) return undefined
      try {
        const wrapper = await this.#wrapper(place, rule, live.count)
        const texts = wrapper && (await this.#texts(place, rule, live))
        if (texts === undefined || wrapper === undefined) return undefined
        chunks = chunksOf(texts, wrapper)
      } catch (error) {
        report('the rows of a collection cannot be read; the network answers meanwhile', error)
        return undefined
      }
    }
    if ('hit' in how) {
      const bytesSaved = id === undefined ? (live?.size ?? 0) : (row?.text.length ?? 0)
      this.#ports.statistics.count(name, { hits: 1, requestsSaved: 1, bytesSaved })
    }
    const age = live === undefined ? 0 : secondsBetween(epochMs(head.confirmedAtMs), now())
    const headers = new Headers({ 'content-type': 'application/json', age: String(Math.floor(age)) })
    const ok = { status: 200, statusText: 'OK' }
    const body = typeof chunks === 'string' ? chunks : streamOf(chunks, isTheirs)
    return withCacheStatus(ok, headers, method === 'HEAD' ? null : body, how)
  }

  /**
   * The rows' JSON in the order of the list; undefined where they are not all there: they are another set by now. Tabs that
   * ask for the list while it is being put together get the same.
   */
  #texts(of: Of, { order }: CollectionRule, rows: RowSet): Promise<readonly string[] | undefined> {
    const known = this.#list
    if (known?.rows.set === rows.set && known.rows.revision === rows.revision) return known.texts
    const reading = this.#ports.collections.texts(of, rows, order)
    const texts = reading.then((found) => (found.length === rows.count ? found : undefined))
    const list = (this.#list = { rows, texts })
    const forget = (): void => {
      if (this.#list === list) this.#list = undefined
    }
    texts.then((found) => (found === undefined || rows.size > MOST_KEPT) && forget(), forget)
    return texts
  }

  async #wrapper(of: Of, rule: CollectionRule, count: number): Promise<Wrapper | undefined> {
    if (rule.items === undefined) return BARE
    const kept = (await this.#ports.collections.wrapper(of)) as { readonly value?: unknown } | undefined
    const wrapper = wrapperOf(kept?.value, rule, count)
    if (wrapper !== 'invalid') return wrapper
    this.#learnt.delete(headKey(of))
    return undefined
  }

  /** Keeps what the list's JSON has around its rows. The run may have to make the collection anew, so it comes first. */
  learn(read: ReadContext, of: Of, { items }: CollectionRule, response: Response, run: Promise<unknown>): void {
    const key = headKey(of)
    if (items === undefined || this.#learnt.has(key) || read.head.method === 'HEAD') return
    const copy = response.clone()
    const work = async (): Promise<void> => {
      const value = await withoutRows(await copy.text(), items, () => pause(0))
      await run
      if (value === undefined || !read.isTheirs()) return
      await this.#ports.collections.putWrapper(of, value)
      this.#learnt.add(key)
    }
    read.waitUntil(work().catch((error: unknown) => report('what a list has around its rows could not be kept', error)))
  }
}

/** The rows' JSON in pieces, with what is around them. Each is made when it is handed over. */
function* chunksOf(texts: readonly string[], { before, after }: Wrapper): Iterable<string> {
  yield before
  for (let at = 0; at < texts.length; at += SLICE) yield (at > 0 ? ',' : '') + texts.slice(at, at + SLICE).join(',')
  yield after
}

/** A body that is handed over piece by piece, and breaks off where its user is gone (I3). */
function streamOf(chunks: Iterable<string>, isTheirs: () => boolean): BodyInit {
  const encoder = new TextEncoder()
  const pieces = chunks[Symbol.iterator]()
  return new ReadableStream({
    pull(controller) {
      const { done, value } = pieces.next()
      if (!isTheirs()) controller.error(new TypeError('the user has signed out'))
      else if (done === true) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
  })
}
