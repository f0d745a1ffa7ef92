import { type DatabaseLocation } from './demo/database.ts'
import { StartError } from './demo/start-error.ts'
import { type RunningServer, startServer } from './demo/start-server.ts'

/** Starts the demo with what the environment says, and ends it on SIGINT or SIGTERM. */
async function main(environment: NodeJS.ProcessEnv): Promise<void> {
  const database = databaseOf(environment)
  const server = await startServer({
    port: portOf(environment['PORT']),
    host: environment['HOST'] ?? '127.0.0.1',
    database,
    staticFolder: environment['FRESHLAYER_STATIC'] ?? 'dist/demo',
  })
  console.log(`Freshlayer demo on ${server.url} (database: ${nameOf(database)})`)
  process.once('SIGINT', () => void stop(server))
  process.once('SIGTERM', () => void stop(server))
}

async function stop(server: RunningServer): Promise<void> {
  await server.close()
  process.exit(0)
}

function databaseOf(environment: NodeJS.ProcessEnv): DatabaseLocation {
  const url = environment['DATABASE_URL'] ?? ''
  if (url !== '') return { kind: 'server', url }
  return { kind: 'folder', path: environment['FRESHLAYER_DATA'] ?? '.data/demo' }
}

function portOf(text: string | undefined): number {
  if (text === undefined || text === '') return 4173
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new StartError(`PORT is "${text}", which is no port. Give a whole number from 0 (any free one) to 65535.`)
}

function nameOf(database: DatabaseLocation): string {
  switch (database.kind) {
    case 'memory':
      return 'PGlite in memory'
    case 'folder':
      return `PGlite in ${database.path}`
    case 'server':
      return 'PostgreSQL'
  }
}

main(process.env).catch((error: unknown) => {
  // What we expected is one line; anything else is a defect and shows where it is.
  console.error(error instanceof StartError ? error.message : error)
  process.exit(1)
})
