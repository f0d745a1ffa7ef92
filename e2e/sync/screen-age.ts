import config from '../../config/freshlayer.config.ts'
import { compileRules, matcherOf } from '../../config/language/index.ts'
import type { Paint } from './painted.ts'
import type { ShopHistory } from './shop-history.ts'

/** Within this time the feed has told of a change, and what is shown of it has been read. */
const TOLD_MS = 5000
/** Within this time what is stored is shown, and what was validated behind it. The rules wait 3 s for the network. */
const ANSWER_MS = 5000
/** From the origin's answer to the frame that shows it. */
const FRAME_MS = 1000
/** A poll may come a quarter late, and by half a tenth more. */
const LATE = 1.3

/** One tab of a user, and what it has painted. */
export interface Screen {
  readonly who: string
  readonly paints: readonly Paint[]
  /** When the last of them was looked at for the last time. */
  readonly endMs: number
  /** When the origin was out of reach. */
  readonly away: readonly (readonly [fromMs: number, toMs: number])[]
  readonly looks: readonly Look[]
}

/** What was on a screen when all requests had been answered. */
export interface Look extends Paint {
  /** What its user had written by then: when that began, and when its answer had come. */
  readonly written: ReadonlyMap<string, readonly [fromMs: number, toMs: number]>
}

/** What a source's screens have shown at worst. */
interface Oldest {
  paints: number
  /** For how long the database had had something newer. */
  ageMs: number
  /** What the rule allows there. */
  allowedMs: number
}

export interface Report {
  /** What a screen has shown that it must not. */
  readonly faults: readonly string[]
  /** By the URL that the screen has it from. */
  readonly oldest: ReadonlyMap<string, Oldest>
  readonly values: number
  /** Values older than the feed lets them be, which were in the page's memory and on its screen until the answer came. */
  readonly recalled: { readonly values: number; readonly longestMs: number }
}

const match = matcherOf(compileRules(config))

interface Windows {
  readonly freshMs: number
  readonly staleMs: number
  readonly offlineMs: number
  readonly pollMs: number
}

/** The windows of the rule of the demo that reads this. */
function windowsOf(from: string): Windows {
  const { pathname, search } = new URL(from.replace(':id', '7'), 'http://shop.example')
  const found = match({ method: 'GET', origin: 'http://shop.example', sameOrigin: true, pathname, search })
  if (found?.kind !== 'read') throw new Error(`no rule reads ${from}`)
  const { fresh, stale, offline, pollMs = Infinity } = found.rule
  const ms = (duration: number | 'http'): number => (duration === 'http' ? 0 : duration * 1000)
  return { freshMs: ms(fresh), staleMs: ms(stale), offlineMs: ms(offline), pollMs }
}

/** What the feed tells of: what SQL knows of products beside their stock, the lists that they refer to, and purchases. */
const isTold = (key: string): boolean =>
  /^(price|name|products|active|categories|brands|units|purchases?|activity)\b/.test(key)

interface Moment {
  readonly from: string
  readonly key: string
  /** For how long it has been on this screen, in sight and with the origin in reach. */
  readonly shownMs: number
  readonly isAway: boolean
  /** It came back into sight, or the origin into reach. */
  readonly isBack: boolean
  /** All requests have been answered: what was not fresh has been validated. */
  readonly isAtRest: boolean
}

/** For how long the database may have had something newer, by the rules of the demo. */
function allowedMs({ from, key, shownMs, isAway, isBack, isAtRest }: Moment): number {
  const { freshMs, staleMs, offlineMs, pollMs } = windowsOf(from)
  if (isAway) return freshMs + Math.max(staleMs, offlineMs)
  const isSoon = shownMs <= ANSWER_MS && !isAtRest
  // What was on a page out of sight is there for a moment when it comes back.
  if (isBack && isSoon) return freshMs + Math.max(staleMs, offlineMs) + shownMs
  if (isSoon) return freshMs + staleMs + shownMs + FRAME_MS
  if (isTold(key)) return TOLD_MS
  // What a poll looks at is validated soon, even if it is fresh.
  const polledMs = shownMs > ANSWER_MS ? pollMs * LATE + ANSWER_MS : Infinity
  return Math.min(freshMs + shownMs, polledMs) + FRAME_MS
}

/** Compares each paint, at its beginning and at its end, with what the database had. */
export function checkScreens(screens: readonly Screen[], history: ShopHistory): Report {
  const faults = new Set<string>()
  const oldest = new Map<string, Oldest>()
  let values = 0
  const recalled = { values: 0, longestMs: 0 }
  const see = (from: string, ageMs: number, allowed: number): void => {
    const found = oldest.get(from) ?? { paints: 0, ageMs: 0, allowedMs: allowed }
    found.paints++
    if (ageMs > found.ageMs) {
      found.ageMs = ageMs
      found.allowedMs = allowed
    }
    oldest.set(from, found)
  }
  for (const { who, paints, endMs, away, looks } of screens) {
    const shown = new Map<string, Shown>()
    const newest = new Map<string, number>()
    for (const [at, { atMs, path, facts }] of paints.entries()) {
      const untilMs = paints[at + 1]?.atMs ?? endMs
      const froms = new Set(facts.map(({ from }) => from))
      for (const from of shown.keys()) if (!froms.has(from)) shown.delete(from)
      const isBack = paints[at - 1]?.isHidden === true
      for (const from of froms) if (!shown.has(from)) shown.set(from, { sinceMs: atMs, isBack })
      const looked = looks.filter((look) => look.atMs >= atMs && look.atMs <= untilMs)
      const times = [
        { nowMs: atMs, isAtRest: false },
        ...looked.map((look) => ({ nowMs: look.atMs, isAtRest: true })),
        { nowMs: untilMs, isAtRest: false },
      ]
      for (const fact of facts) {
        const key = history.idKey(fact.key)
        if (key === undefined) continue
        values++
        const said = `${who} on ${path}: ${key} is ${fact.value}`
        const version = history.versionOf(key, fact.value, atMs)
        if (version === undefined) {
          faults.add(`${said}, which the database never had`)
          continue
        }
        for (const { nowMs, isAtRest } of times) {
          const moment = momentOf({ shown: shown.get(fact.from), nowMs, away })
          const allowed = allowedMs({ ...moment, from: fact.from, key, isAtRest })
          const ageMs = Math.max(0, nowMs - version.toMs)
          see(fact.from, ageMs, allowed)
          if (ageMs <= allowed) continue
          const when = isAtRest ? ' at rest' : ''
          faults.add(`${said}, ${ageMs.toFixed(0)} ms old${when}, allowed are ${allowed.toFixed(0)}`)
        }
        if (
          isTold(key) &&
          untilMs - version.toMs > TOLD_MS &&
          !momentOf({ shown: shown.get(fact.from), nowMs: untilMs, away }).isAway
        ) {
          recalled.values++
          recalled.longestMs = Math.max(recalled.longestMs, untilMs - atMs)
        }
        const place = `${answerOf(fact.from, path)} ${key}`
        // A value that came back may be the one of before: what is shown need not be newer than the oldest that it can be.
        const next = history.versionSince(key, fact.value, newest.get(place) ?? 0)
        if (next === undefined) faults.add(`${said}, after a newer one`)
        else newest.set(place, next.fromMs)
      }
    }
    for (const { atMs, path, facts, written } of looks) {
      for (const [name, [fromMs, toMs]] of written) {
        const key = history.idKey(name)
        const own = key === undefined ? undefined : history.madeWithin(key, fromMs, toMs)
        if (key === undefined || own === undefined) continue
        for (const fact of facts.filter((each) => history.idKey(each.key) === key)) {
          const version = history.versionOf(key, fact.value, atMs)
          if (version !== undefined && version.fromMs < own.fromMs)
            faults.add(`${who} on ${path}: ${key} is ${fact.value}, without the own write`)
        }
      }
    }
  }
  return { faults: [...faults], oldest, values, recalled }
}

/**
 * The answer that a screen at an address has something from. Each page of a list is an answer of its own, with its own age: a row
 * that moves from one to another may be newer on the page that it has come to.
 */
function answerOf(from: string, path: string): string {
  const [pathname = '', search] = path.split('?', 2)
  return search !== undefined && from === `/api${pathname}` ? `${from}?${search}` : from
}

/** Since when something is on a screen. */
interface Shown {
  readonly sinceMs: number
  readonly isBack: boolean
}

function momentOf({
  shown,
  nowMs,
  away,
}: {
  readonly shown: Shown | undefined
  readonly nowMs: number
  readonly away: Screen['away']
}): Pick<Moment, 'shownMs' | 'isAway' | 'isBack'> {
  const backMs = Math.max(0, ...away.map(([, toMs]) => toMs).filter((toMs) => toMs <= nowMs))
  return {
    shownMs: nowMs - Math.max(shown?.sinceMs ?? nowMs, backMs),
    isAway: away.some(([fromMs, toMs]) => fromMs <= nowMs && nowMs < toMs),
    isBack: shown?.isBack === true || nowMs - backMs <= ANSWER_MS,
  }
}
