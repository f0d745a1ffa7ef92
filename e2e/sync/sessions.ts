/** The names of a list's rows, by their ids. */
export type Names = Readonly<Record<string, string>>

export const LISTS = ['products', 'parts'] as const
export type List = (typeof LISTS)[number]

/** What a page has done or shown. Times: milliseconds since 1970, one clock for all pages. */
export type Entry =
  | {
      readonly kind: 'read'
      readonly list: List
      readonly beganMs: number
      readonly endedMs: number
      readonly names: Names
      /** Of `Cache-Status`. */
      readonly how: string
    }
  | { readonly kind: 'shown'; readonly list: List; readonly endedMs: number; readonly names: Names }
  | {
      readonly kind: 'write'
      readonly list: List
      readonly id: string
      readonly name: string
      readonly endedMs: number
      /** Whether the server has said that it is written. */
      readonly isDone: boolean
      /** What the page showed of the list when it wrote. */
      readonly seen: Names
    }

type Read = Extract<Entry, { kind: 'read' }>
type Shown = Extract<Entry, { kind: 'shown' }>
type Write = Extract<Entry, { kind: 'write' }>

/** What each name of a row is the how-manieth of, as the database has had them. */
export type VersionOf = (list: List, id: string, name: string | undefined) => number

/** Times of two pages are compared only where they differ by more. Unit: milliseconds. */
const CLOCK_MS = 2

/** The layer says so itself, where the origin cannot be reached (I1). */
const isBeforeWrite = ({ how }: Read): boolean => how.includes('offline-before-write')

/**
 * What of the guarantees of a session does not hold (Terry and others, 1994).
 *
 * @param profiles the entries of each page of each browser, one after another as they ended.
 */
export function broken(profiles: readonly (readonly (readonly Entry[])[])[], versionOf: VersionOf): string[] {
  const found: string[] = []
  // Of those whose answer was lost the database knows whether they were written.
  const writes = profiles
    .flat(2)
    .filter((entry) => entry.kind === 'write')
    .filter(({ list, id, name }) => versionOf(list, id, name) >= 0)
  for (const [at, pages] of profiles.entries()) {
    const own = pages.flat().filter((entry) => entry.kind === 'write' && entry.isDone) as Write[]
    for (const [tab, entries] of pages.entries()) {
      const who = `browser ${at}, tab ${tab}`
      const reads = entries.filter((entry) => entry.kind === 'read')
      for (const read of reads) {
        if (isBeforeWrite(read)) continue
        for (const { list, id, name, endedMs } of own)
          if (list === read.list && endedMs + CLOCK_MS < read.beganMs)
            if (versionOf(list, id, read.names[id]) < versionOf(list, id, name))
              found.push(`${who}: read your writes: ${list} ${id} is ${read.names[id]} after ${name} (${read.how})`)
      }
      for (const list of LISTS) {
        const sure = reads.filter((read) => read.list === list)
        for (const read of sure) {
          const earlier = sure.filter(({ endedMs }) => endedMs < read.beganMs)
          for (const before of earlier)
            found.push(...goneBack(`${who}: monotonic reads`, list, before, read, versionOf))
        }
        const shown = entries.filter((entry): entry is Shown => entry.kind === 'shown' && entry.list === list)
        for (const [index, now] of shown.entries()) {
          const before = shown[index - 1]
          if (before) found.push(...goneBack(`${who}: the screen`, list, before, now, versionOf))
        }
      }
      for (const { list, names } of entries.filter((entry) => entry.kind !== 'write'))
        for (const write of writes) {
          if (write.list !== list) continue
          if (versionOf(list, write.id, names[write.id]) < versionOf(list, write.id, write.name)) continue
          for (const [id, name] of Object.entries(write.seen))
            if (versionOf(list, id, names[id]) < versionOf(list, id, name))
              found.push(
                `${who}: writes follow reads: ${list} ${id} is ${names[id]}, and ${write.name} had seen ${name}`,
              )
        }
    }
  }
  return [...new Set(found)]
}

function goneBack(
  what: string,
  list: List,
  before: { readonly names: Names; readonly how?: string },
  now: { readonly names: Names; readonly how?: string },
  versionOf: VersionOf,
): string[] {
  return Object.entries(before.names).flatMap(([id, name]) =>
    versionOf(list, id, now.names[id]) < versionOf(list, id, name)
      ? [`${what}: ${list} ${id} is ${now.names[id]} after ${name} (${before.how ?? ''} → ${now.how ?? ''})`]
      : [],
  )
}
