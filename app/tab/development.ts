import type { Explanation, Stats } from '../../sw/protocol.ts'
import { IS_MEANT, REMEDIES, type Remedy } from './remedies.ts'

interface Ports {
  /** The worker's explanation of a URL, as it comes. */
  readonly explain: (url: string) => Promise<Explanation>
  /** What the worker has done and stored; undefined: no worker of the layer is there. */
  readonly stats: () => Promise<Stats | undefined>
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
 * Says on the console that the layer is on, and then, once per page and subject, where the rules do nothing: why, and what would change it. A page in
 * development alone loads this file. It watches what the page asks for and sends nothing to the origin.
 */
export function speakUp({ explain, stats, signal }: Ports): void {
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
    const foreign: string[] = []
    const explanations: (readonly [url: string, initiators: ReadonlySet<string>, Explanation])[] = []
    for (const [url, initiators] of batch) {
      if (signal.aborted) return
      explanations.push([url, initiators, await explain(url)])
    }
    if (isNew('on'))
      sayOn(await stats().catch(refused), oldestOf(explanations.map(([, , { ageSeconds }]) => ageSeconds)))
    for (const [url, initiators, explanation] of explanations) {
      const { state, rule, cacheControl = '' } = explanation
      const { origin, pathname, search } = new URL(url)
      if (state === 'file') keepsFiles = true
      if (state === 'unmatched') {
        if (rule !== undefined) continue
        const isOwn = origin === location.origin
        if ([...initiators].some((initiator) => SCRIPTED.test(initiator)))
          uncovered.push(isOwn ? pathname : origin + pathname)
        else if (isOwn) loose.add(pathname)
        else foreign.push(`${origin} (${[...initiators].join()})`)
        continue
      }
      for (const [subject, text] of faultsOf(explanation, initiators)) {
        const place = origin === location.origin ? pathname + search : url
        if (!isNew(`${subject} ${rule}`)) continue
        const line = `[freshlayer] rule '${rule}' ${text} Seen at ${place}`
        if (IS_MEANT.has(subject)) console.info(line)
        else console.warn(line)
      }
      if (isOverridden(explanation) && isNew(`overriding ${rule}`)) overriding.push(`'${rule}' (${cacheControl})`)
    }
    if (keepsFiles) uncovered.push(...loose)
    list(
      UNCOVERED,
      uncovered.filter((path) => isNew(`uncovered ${path}`)),
    )
    list(
      FOREIGN,
      foreign.filter((place) => isNew(`foreign ${place}`)),
    )
    list(OVERRIDING, overriding)
  }

  let isDue = false
  const lookLater = (): void => {
    if (isDue) return
    isDue = true
    setTimeout(() => {
      isDue = false
      // A worker that does not answer is no news: `connect()` says so.
      void lookAtAll().catch(() => undefined)
    }, GATHER_MS)
  }
  lookLater()
  const observer = new PerformanceObserver((entries) => {
    lookLater()
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

/** The largest of these ages; undefined: none is known. */
function oldestOf(ages: readonly (number | undefined)[]): number | undefined {
  const known = ages.filter((age) => age !== undefined)
  return known.length === 0 ? undefined : known.reduce((one, other) => Math.max(one, other))
}

/** A worker of another build may not understand this page. */
function refused(error: unknown): undefined {
  console.warn(`[freshlayer] ${error instanceof Error ? error.message : String(error)}`)
}

/** One line confirms that it works. */
function sayOn(stats: Stats | undefined, oldest: number | undefined): void {
  // A worker of an older build counts neither.
  if (stats?.routes === undefined) return
  const { routes, stored } = stats
  const age = oldest === undefined ? '' : `, those of this page up to ${durationOf(oldest)} old`
  const has = stored === 0 ? 'nothing stored yet' : `${counted(stored, 'answer')} stored${age}`
  console.info(`[freshlayer] on, ${counted(routes, 'rule')}, ${has}`)
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

/** In the largest unit of which there is one at least. */
function durationOf(seconds: number): string {
  const [size, unit] = UNITS.find(([each]) => seconds >= each) ?? [1, 's']
  return `${Math.floor(seconds / size)} ${unit}`
}

const UNITS = [
  [86_400, 'days'],
  [3600, 'h'],
  [60, 'min'],
] as const

const UNCOVERED =
  "no rule covers these requests, and the build keeps no such file, so each needs the network. Write a rule (`preset: 'network-only'` where that is meant), or have the build keep the file:"

const FOREIGN =
  'these elements ask other origins, whose answers no worker may read, so each needs the network. Serve the files from the own origin, or give the element `crossorigin` and write a rule with the full URL:'

const OVERRIDING =
  "these rules have the last word over the origin's Cache-Control, because their windows are durations. `trust: 'http'` lets the header decide:"

/** A page may ask for thousands of items: so many are named at a time. */
const SHOWN = 20

/** What may be as it is meant: not a warning. */
function list(text: string, items: readonly string[]): void {
  const others = items.length > SHOWN ? ` and ${items.length - SHOWN} more` : ''
  if (items.length > 0) console.info(`[freshlayer] ${text} ${items.slice(0, SHOWN).join(', ')}${others}`)
}

/** What is wrong with the rule of a URL: by subject. */
function faultsOf(
  explanation: Explanation,
  initiators: ReadonlySet<string>,
): (readonly [subject: string, text: string])[] {
  const { obstacle, identifiedBy = [] } = explanation
  const faults: (readonly [string, string])[] = []
  const remedy: Remedy | undefined = obstacle && REMEDIES[obstacle.why]
  if (obstacle && remedy) faults.push([obstacle.why, remedy(obstacle.field ?? '', identifiedBy)])
  const limited = emptyByHttp(explanation)
  if (limited !== undefined) faults.push(['http', limited])
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

/** What to say of a rule that leaves `fresh` to HTTP, where the answer gives it nothing; undefined: it does. */
function emptyByHttp({ state, why, windows, cacheControl = '' }: Explanation): string | undefined {
  if (windows?.fresh !== 'http' || !/^(stale|offline|gone)$/.test(state)) return undefined
  const isLimited = /\bno-cache\b|\bmax-age=0\b/i.test(cacheControl)
  if (!isLimited && why !== 'none') return undefined
  const says = isLimited ? `says \`Cache-Control: ${cacheControl}\`` : 'does not say how long it is fresh'
  return `is validated before each use: it leaves \`fresh\` to HTTP, and the answer ${says}. Give \`fresh\` a duration, or have the origin send \`max-age\`.`
}

/** Whether a duration makes an answer fresh that its own fields do not. */
const isOverridden = ({ state, why, cacheControl = '' }: Explanation): boolean =>
  state === 'fresh' && why === 'rule' && /\bno-cache\b|\bmust-revalidate\b|\bmax-age=0\b/i.test(cacheControl)
