import type { Status } from './status.ts'
import { STYLE } from './style.ts'

/** What the strip shows. */
export interface Shown {
  readonly status: Status | undefined
  /** Whether the worker has this page; else why not, where that is known. */
  readonly worker: 'on' | 'starting' | { readonly missing: string }
}

/** While this is set, the strip is hidden in this tab. */
const HIDDEN = 'freshlayer-try-hidden'

/** A small strip at the lower edge of the page: out of its layout, and closed to its styles and scripts. */
export class StripElement extends HTMLElement {
  readonly #state = element('span', { class: 'state' })
  readonly #counts = element('span', { class: 'counts' })
  readonly #notice = element('p', { class: 'notice', hidden: '' })
  readonly #bar = element('div', { class: 'bar', role: 'status' })

  constructor() {
    super()
    const root = this.attachShadow({ mode: 'closed' })
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(STYLE)
    root.adoptedStyleSheets = [sheet]
    const report = element('a', { href: '/__freshlayer/', target: '_blank', rel: 'noopener' }, 'Report')
    const hide = element('button', { type: 'button', 'aria-label': 'Hide until the tab is closed' }, '×')
    hide.addEventListener('click', () => {
      this.remove()
      attempt(() => sessionStorage.setItem(HIDDEN, ''))
    })
    const dot = element('span', { class: 'dot', 'aria-hidden': 'true' })
    this.#bar.append(dot, this.#state, this.#counts, report, hide)
    root.append(this.#bar, this.#notice)
  }

  static isHidden(): boolean {
    return attempt(() => sessionStorage.getItem(HIDDEN)) !== null
  }

  show({ status, worker }: Shown): void {
    const notice = typeof worker === 'object' ? worker.missing : (status?.notices[0] ?? '')
    this.#notice.textContent = notice
    this.#notice.hidden = notice === ''
    const isAway = status === undefined || !status.isReached
    this.#bar.dataset['tone'] = isAway ? 'away' : worker === 'on' ? 'on' : worker === 'starting' ? 'starting' : 'off'
    this.#state.textContent =
      status === undefined
        ? 'proxy ended'
        : !status.isReached
          ? 'server away'
          : worker === 'on'
            ? status.mode === 'recording'
              ? 'recording'
              : 'worker on'
            : worker === 'starting'
              ? 'worker starting'
              : 'no worker'
    this.#counts.textContent = status === undefined ? '' : counts(status)
  }
}

function counts({ mode, requests, saved }: Status): string {
  const arrived = `${number(requests)} ${requests === 1 ? 'request' : 'requests'}`
  if (saved === undefined) return arrived
  return `${arrived}, ${number(saved)} ${mode === 'recording' ? 'could be' : ''} saved`.replace('  ', ' ')
}

const number = (value: number): string => value.toLocaleString('en')

function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string>>,
  text = '',
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name)
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value)
  made.textContent = text
  return made
}

/** Some pages may not use the storage. */
function attempt<T>(task: () => T): T | null {
  try {
    return task()
  } catch {
    return null
  }
}
