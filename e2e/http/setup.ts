import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { buildWorker } from '../../tools/build/build-worker.ts'
import { dropProfile, launch, newProfile } from '../support/test.ts'
import { rows } from './rows.ts'
import { Runner } from './runner.ts'

const WORKER = fileURLToPath(new URL('../../dist/e2e-http/sw.js', import.meta.url))

/**
 * Builds the worker, opens the one browser, and runs a row for each `GET /<id>`. Playwright starts a process
 * anew after each test that fails; here is what they share.
 */
// oxlint-disable-next-line import/no-default-export -- Playwright takes the default export.
export default async function serveRows(): Promise<() => Promise<void>> {
  await buildWorker({ config: 'e2e/http/rules.ts', out: WORKER })
  const profile = newProfile()
  const context = await launch(profile)
  const runner = await Runner.open(context, readFileSync(WORKER, 'utf8'))

  const results = new Map<string, Promise<string[]>>()
  let last: Promise<unknown> = Promise.resolve()
  const resultOf = (id: string): Promise<string[]> => {
    const known = results.get(id)
    if (known !== undefined) return known
    const row = rows.find((row) => row.id === id)
    if (row === undefined) throw new Error(`There is no row ${id}`)
    const result = (async () => {
      const needed = await Promise.all(
        (row.dependsOn ?? []).map(async (other) => [other, await resultOf(other)] as const),
      )
      const missing = needed
        .filter(([, problems]) => problems.length > 0)
        .map(([other]) => `needs ${other}, which fails`)
      const turn = last.then(() => runner.run(row))
      last = turn.catch(() => undefined)
      return [...missing, ...(await turn)]
    })()
    results.set(id, result)
    return result
  }

  const server = createServer((request, response) => {
    resultOf((request.url ?? '/').slice(1)).then(
      (problems) => response.end(JSON.stringify(problems)),
      (error: unknown) => response.end(JSON.stringify([String(error)])),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  process.env['FRESHLAYER_ROWS'] = `http://localhost:${(server.address() as AddressInfo).port}/`

  return async () => {
    server.closeAllConnections()
    server.close()
    await context.close()
    await runner.close()
    dropProfile(profile)
  }
}
