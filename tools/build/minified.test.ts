import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { minified } from './minified.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'freshlayer-minified-'))
  vi.stubEnv('FRESHLAYER_MINIFIED', folder)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

describe('minified scripts', () => {
  it('are kept, and each is that of its own script', async () => {
    expect(await minified('console.log(1 + 1)')).toBe('console.log(2);')
    expect(await minified('console.log(1 + 2)')).toBe('console.log(3);')
    const files = readdirSync(folder)
    expect(files.map((file) => readFileSync(join(folder, file), 'utf8')).toSorted()).toEqual([
      'console.log(2);',
      'console.log(3);',
    ])
    for (const file of files) writeFileSync(join(folder, file), `kept(${file.length})`)
    expect(await minified('console.log(1 + 1)')).toMatch(/^kept/)
    expect(await minified('console.log(1 + 3)')).toBe('console.log(4);')
  })

  it('are removed when they are old', async () => {
    writeFileSync(join(folder, 'old.js'), '')
    utimesSync(join(folder, 'old.js'), 0, 0)
    await minified('console.log(1 + 1)')
    expect(readdirSync(folder)).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.js$/)])
  })

  it('are kept nowhere where no folder is named', async () => {
    vi.stubEnv('FRESHLAYER_MINIFIED', '')
    expect(await minified('console.log(1 + 1)')).toBe('console.log(2);')
    expect(readdirSync(folder)).toEqual([])
  })
})
