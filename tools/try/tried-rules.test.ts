import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { Config, Identity } from '../../config/language/index.ts'
import { loadConfig } from '../rules/load-config.ts'
import { workerRules } from './tried-rules.ts'

/** The identity of the worker's rules, and whether the proxy names users, for rules with this identity. */
async function made(identity: string): Promise<{ identity: Identity; isUserNamed: boolean }> {
  const folder = mkdtempSync(join(tmpdir(), 'freshlayer-tried-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'freshlayer.config.mjs')
  // The project has not installed the layer.
  const source = `{ version: '1', identity: ${identity}, routes: [{ match: '/api/a', fresh: '1m' }] }`
  writeFileSync(file, `import { defineConfig } from 'freshlayer/config'\nexport default defineConfig(${source})`)
  const { config } = await loadConfig(file)
  const rules = await workerRules({ file, config: config as Config })
  onTestFinished(() => rules.end())
  const loaded = await loadConfig(rules.file)
  expect(loaded.problems).toEqual([])
  return { identity: (loaded.config as Config).identity, isUserNamed: rules.isUserNamed }
}

it.each(["'none'", "{ by: ['authorization'] }", "{ by: ['identify', 'echo'], echo: 'X-User' }"])(
  'leaves rules as they are that need no word of the page: %s',
  async (identity) => expect((await made(identity)).isUserNamed).toBe(false),
)

it('has the proxy name the users whom the page would name, and keeps the rest', async () => {
  const { identity } = await made("{ by: ['authorization', 'identify'], partitionOf: (token) => token }")
  expect(identity).toMatchObject({
    by: ['authorization', 'echo'],
    echo: 'freshlayer-try-user',
    probe: '/__freshlayer/user',
    partitionOf: expect.any(Function),
  })
})
