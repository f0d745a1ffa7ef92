import type { Explanation } from '../../sw/protocol.ts'
import { REMEDIES, type Remedy } from './remedies.ts'

interface Ports {
  /** The worker's explanation of a URL, as it comes. */
  readonly explain: (url: string) => Promise<Explanation>
  /** Ends the watching. */
  readonly signal: AbortSignal
}

/** What a page has asked for lately is looked at together, so long after the first of it. */
const GATHER_MS = 1000

/** Who asks, as resource timing calls it: the app's own code, or an element, which can send no field of its own. */
const SCRIPTED = /^(fetch|xmlhttprequest)$/
const ELEMENTS = /^(img|image|input|script|link|css|video|audio|track|embed|object)$/
/** Pages and what only writes: no rule for reads is meant for them. */
const NO_READS = /^(navigation|iframe|frame|beacon|ping)$/
/** What `freshlayer try` has of its own. */
const OF_THE_PROXY = '/__freshlayer/'

/**
 * Says on the console, once per page and subject, where the rules do nothing: why, and what would change it. A page in
 * development alone loads this file. It watches what the page asks for and sends nothing to the origin.
 */
export function speakUp({ explain, signal }: Ports): void {
  const said = new Set<string>()
  const isNew = (subject: string): boolean => said.size < said.add(subject).size
  /** Files that no rule covers, until it is known that the worker keeps files at all. */
  const loose = new Set<string>()
  let keepsFiles = false

  const asked = new Map<string, Set<string>>()
  const lookAtAll = async (): Promise<void> => {
    const batch = [...asked]
    asked.clear()
    const uncovered: string[] = []
    const overriding: string[] = []
    for (const [url, initiators] of batch) {
      if (signal.aborted) return
      const explanation = await explain(url)
      const { state, rule, cacheControl = '' } = explanation
      const { origin, pathname, search } = new URL(url)
      if (state === 'file') keepsFiles = true
      if (state === 'unmatched') {
        if (rule !== undefined || origin !== location.origin) continue
        if ([...initiators].some((initiator) => SCRIPTED.test(initiator))) uncovered.push(pathname)
        else loose.add(pathname)
        continue
      }
      for (const [subject, text] of faultsOf(explanation, initiators)) {
        const place = origin === location.origin ? pathname + search : url
        if (isNew(`${subject} ${rule}`)) console.warn(`[freshlayer] rule '${rule}' ${text} Seen at ${place}`)
      }
      if (isOverridden(explanation) && isNew(`overriding ${rule}`)) overriding.push(`'${rule}' (${cacheControl})`)
    }
    if (keepsFiles) uncovered.push(...loose)
    list(
      UNCOVERED,
      uncovered.filter((path) => isNew(`uncovered ${path}`)),
    )
    list(OVERRIDING, overriding)
  }

  const observer = new PerformanceObserver((entries) => {
    if (asked.size === 0) {
      // A worker that does not answer is no news: `connect()` says so.
      setTimeout(() => void lookAtAll().catch(() => undefined), GATHER_MS)
    }
    for (const { name, initiatorType } of entries.getEntries() as PerformanceResourceTiming[]) {
      const url = name.replace(/#.*/, '')
      if (!/^https?:/.test(url) || NO_READS.test(initiatorType) || url.startsWith(location.origin + OF_THE_PROXY))
        continue
      asked.set(url, (asked.get(url) ?? new Set()).add(initiatorType))
    }
  })
  observer.observe({ type: 'resource', buffered: true })
  signal.addEventListener('abort', () => observer.disconnect())
}

const UNCOVERED =
  "no rule covers these requests, and the build keeps no such file, so each needs the network. Write a rule (`preset: 'network-only'` where that is meant), or have the build keep the file:"

const OVERRIDING =
  "these rules have the last word over the origin's Cache-Control, because their windows are durations. `trust: 'http'` lets the header decide:"

/** What may be as it is meant: not a warning. */
function list(text: string, items: readonly string[]): void {
  if (items.length > 0) console.info(`[freshlayer] ${text} ${items.join(', ')}`)
}

/** What is wrong with the rule of a URL: by subject. */
function faultsOf(
  { obstacle, identifiedBy = [] }: Explanation,
  initiators: ReadonlySet<string>,
): (readonly [subject: string, text: string])[] {
  const faults: (readonly [string, string])[] = []
  const remedy: Remedy | undefined = obstacle && REMEDIES[obstacle.why]
  if (obstacle && remedy) faults.push([obstacle.why, remedy(obstacle.field ?? '', identifiedBy)])
  const isByToken = identifiedBy.length > 0 && identifiedBy.every((way) => way === 'authorization')
  const element = [...initiators].find((initiator) => ELEMENTS.test(initiator))
  if (isByToken && element !== undefined) {
    faults.push([
      'no-token',
      `is personal, and an element (${element}) asks for it. An element can send no Authorization, so the answer counts as nobody's. Read it by fetch(), or make it \`public: true\` where all users get the same.`,
    ])
  }
  return faults
}

/** Whether a duration makes an answer fresh that its own fields do not. */
const isOverridden = ({ state, why, cacheControl = '' }: Explanation): boolean =>
  state === 'fresh' && why === 'rule' && /\bno-cache\b|\bmust-revalidate\b|\bmax-age=0\b/i.test(cacheControl)
