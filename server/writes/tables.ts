/**
 * The tables for writes: the answers that are kept by their keys, and when each field of a row was written. May be run again
 * and again.
 */
export const WRITE_TABLES = `
create table if not exists freshlayer.idempotency_keys (
  owner text not null,
  key text not null,
  fingerprint text not null,
  status smallint not null,
  fields jsonb not null,
  body bytea,
  kept_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  primary key (owner, key)
);
create index if not exists idempotency_keys_by_expiry on freshlayer.idempotency_keys (expires_at);

-- One line per row that clients have written with times of their own: "floor" is when all fields had been written at the latest,
-- "fields" those that were written later, by their JSON pointers. "version" is that of the row after it: a row with another one was
-- written by something that gives no times.
create table if not exists freshlayer.stamps (
  entity text not null,
  row_id text not null,
  version text not null,
  floor text not null,
  fields jsonb not null default '{}',
  primary key (entity, row_id)
);
`
