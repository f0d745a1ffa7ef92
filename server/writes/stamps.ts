import { compareTimes, formatTime, type HybridTime, parseTime } from '../../sw/core/outbox/hybrid-clock.ts'
import { type EpochMs, epochMs } from '../../sw/core/units.ts'
import type { Session } from '../sync/database.ts'
import type { WrittenAt } from './written-at.ts'

/** A row, by what the change log calls its entity. */
export interface RowName {
  readonly entity: string
  readonly id: string
}

/** What the kit has noted of a row. */
export interface Noted {
  /** Of the row after the last write with a time of its own. */
  readonly version: string
  readonly writtenAt: WrittenAt
}

export interface NotedRows {
  /** By the database's clock: it is the same for all processes. */
  readonly now: EpochMs
  /** In the order of the question; undefined: nothing is noted. */
  readonly rows: readonly (Noted | undefined)[]
}

/** What is noted of rows. Lock them first. */
export async function notedOf(session: Pick<Session, 'query'>, names: readonly RowName[]): Promise<NotedRows> {
  const { rows } = await session.query(
    `select clock.ms, s.version, s.floor, s.fields
     from (select (extract(epoch from clock_timestamp()) * 1000)::bigint::text as ms) clock
       left join unnest($1::text[], $2::text[]) with ordinality as asked (entity, row_id, at) on true
       left join freshlayer.stamps s on s.entity = asked.entity and s.row_id = asked.row_id
     order by asked.at`,
    [names.map(({ entity }) => entity), names.map(({ id }) => id)],
  )
  return {
    now: epochMs(Number(rows[0]?.['ms'])),
    rows: rows.map(({ version, floor, fields }) => {
      const at = parseTime(floor)
      return at === 'invalid'
        ? undefined
        : { version: String(version), writtenAt: { floor: at, fields: timesOf(fields) } }
    }),
  }
}

/** Notes when rows were written, each once. */
export async function note(session: Pick<Session, 'query'>, rows: readonly (RowName & Noted)[]): Promise<void> {
  if (rows.length === 0) return
  const textOf = ({ fields }: WrittenAt): string =>
    JSON.stringify(Object.fromEntries([...fields].map(([pointer, at]) => [pointer, formatTime(at)])))
  await session.query(
    `insert into freshlayer.stamps (entity, row_id, version, floor, fields)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::jsonb[])
     on conflict (entity, row_id) do update
       set version = excluded.version, floor = excluded.floor, fields = excluded.fields`,
    [
      rows.map(({ entity }) => entity),
      rows.map(({ id }) => id),
      rows.map(({ version }) => version),
      rows.map(({ writtenAt }) => formatTime(writtenAt.floor)),
      rows.map(({ writtenAt }) => textOf(writtenAt)),
    ],
  )
}

/** Drops what is noted of rows that are gone. */
export async function forget(session: Pick<Session, 'query'>, names: readonly RowName[]): Promise<void> {
  if (names.length === 0) return
  await session.query(
    `delete from freshlayer.stamps s using unnest($1::text[], $2::text[]) as gone (entity, row_id)
     where s.entity = gone.entity and s.row_id = gone.row_id`,
    [names.map(({ entity }) => entity), names.map(({ id }) => id)],
  )
}

/**
 * When the fields of a row were written, by what is noted and by its time. Something that gives no times has written it since if its
 * version is another one: what that has changed is not known, so all counts as written then.
 */
export function writtenAtOf(
  noted: Noted | undefined,
  { version, updatedAt }: { version: string; updatedAt: HybridTime },
): WrittenAt {
  if (noted === undefined) return { floor: updatedAt, fields: new Map() }
  if (noted.version === version) return noted.writtenAt
  const { floor, fields } = noted.writtenAt
  return { floor: compareTimes(floor, updatedAt) > 0 ? floor : updatedAt, fields }
}

const timesOf = (fields: unknown): ReadonlyMap<string, HybridTime> =>
  new Map(
    Object.entries(fields ?? {}).flatMap(([pointer, text]): [string, HybridTime][] => {
      const at = parseTime(text)
      return at === 'invalid' ? [] : [[pointer, at]]
    }),
  )
