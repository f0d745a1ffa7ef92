import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Config } from '../../config/language/index.ts'
import { CLI, PLAIN, PROGRAM } from '../cli.fixture.ts'
import { tenantHint } from './tenant-hint.ts'

it.each<[rule: string, identity: Config['identity'], isSaid: boolean]>([
  ['users by their token', { by: ['authorization'] }, true],
  ['users by their token or the page', { by: ['authorization', 'identify'] }, true],
  ['users by what the app makes of their token', { by: ['authorization'], partitionOf: (token) => token }, false],
  ['users by the page', { by: ['identify'] }, false],
  ['no users', 'none', false],
])('tenants are spoken of where a config has %s: %j', (_rule, identity, isSaid) => {
  expect(tenantHint({ version: '1', identity, routes: [] }) !== undefined).toBe(isSaid)
})

it('the command says it as a hint, and the rules are fine all the same', () => {
  const folder = mkdtempSync(join(tmpdir(), 'freshlayer-hint-'))
  const config = join(folder, 'rules.ts')
  writeFileSync(config, `export default { version: '1', identity: { by: ['authorization'] }, routes: [] }`)
  const { status, stdout } = spawnSync(PROGRAM, [...CLI, 'check', '--config', config], { encoding: 'utf8', env: PLAIN })
  rmSync(folder, { recursive: true })
  expect(stdout).toContain('hint identity: ')
  expect(stdout).toContain('partitionOf')
  expect(status).toBe(0)
}, 60_000)
