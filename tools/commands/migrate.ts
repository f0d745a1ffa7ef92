import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { CAC } from 'cac'
import type { Session } from '../../server/sync/database.ts'
import { applyMigration, sqlOf } from '../migrate/apply-migration.ts'
import { tablesOf } from '../migrate/tables.ts'
import { DRY_RUN, expectOut } from './flags.ts'

interface MigrateFlags {
  readonly print?: boolean
  readonly out?: string
  readonly force?: boolean
  readonly undo?: boolean
  readonly dryRun?: boolean
}

export function migrateCommand(cli: CAC): void {
  cli
    .command(
      'migrate [...tables]',
      'Have PostgreSQL note what changes in these tables, for /sync: in the database of DATABASE_URL, or as SQL',
    )
    .option('--print', 'Print the SQL, and connect to no database')
    .option('--out <file>', 'Write the SQL to a file, and connect to no database')
    .option('--force', 'Write over a file that is there')
    .option('--undo', 'Note the changes of these tables no more; what was noted stays')
    .option(...DRY_RUN)
    .example('freshlayer migrate products notes:scope=owner,id=uuid')
    .example('freshlayer migrate shop.orders:as=orders,updatedAt=modified_at,scopeFunction=tenant_of_order --print')
    .action(
      async (
        words: readonly string[],
        { print = false, out, force = false, undo = false, dryRun = false }: MigrateFlags,
      ) => {
        const tables = tablesOf(words)
        const sql = sqlOf(tables, undo)
        const names = tables.map(({ table }) => table).join(', ')
        if (print) return void process.stdout.write(sql)
        if (out !== undefined) {
          if (existsSync(out) && (await readFile(out, 'utf8')) === sql) return console.log(`${out} is as it has to be`)
          expectOut(out, force)
          if (!dryRun) await writeFile(out, sql)
          return console.log(`${dryRun ? 'would write' : 'written'}: ${out}`)
        }
        const session = await connected()
        try {
          await applyMigration(session, tables, { isUndone: undo, isDry: dryRun })
        } finally {
          await session.end()
        }
        const what = undo ? 'are noted no more' : 'are noted'
        console.log(
          dryRun ? `would be done: changes of ${names} ${what} (--print shows the SQL)` : `changes of ${names} ${what}`,
        )
      },
    )
}

type Connection = Pick<Session, 'query'> & {
  readonly connect: () => Promise<unknown>
  readonly end: () => Promise<void>
}

/**
 * A connection by the app's own `pg`.
 *
 * @throws one line, where there is none, or the server does not answer.
 */
async function connected(): Promise<Connection> {
  const url = process.env['DATABASE_URL'] ?? ''
  const instead = 'or add --print, or --out <file>, and run the SQL with your own tool'
  if (url === '') throw new Error(`DATABASE_URL is not set: set it, ${instead}`)
  if (!/^postgres(?:ql)?:\/\//.test(url))
    throw new Error(`DATABASE_URL is no postgres:// address: correct it, ${instead}`)
  let path: string
  try {
    path = createRequire(join(process.cwd(), 'package.json')).resolve('pg')
  } catch {
    throw new Error(`pg is not installed here: npm install pg, ${instead}`)
  }
  const { default: pg } = (await import(pathToFileURL(path).href)) as {
    readonly default: { readonly Client: new (options: object) => Connection }
  }
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 15_000 })
  try {
    await client.connect()
  } catch (error) {
    const { hostname, port, pathname } = new URL(url)
    throw new Error(`the database ${hostname}:${port || 5432}${pathname} does not answer: ${reasonOf(error)}`, {
      cause: error,
    })
  }
  return client
}

/** Where a name has several addresses, each of them has failed for a reason of its own. */
const reasonOf = (error: unknown): string =>
  error instanceof AggregateError
    ? [...new Set(error.errors.map(String))].join(', ')
    : error instanceof Error
      ? error.message
      : String(error)
