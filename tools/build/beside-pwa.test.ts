import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { inFrontOf, Pwa, putIntoWorker } from './beside-pwa.ts'

const home = mkdtempSync(join(tmpdir(), 'freshlayer-pwa-'))
afterAll(() => rmSync(home, { recursive: true }))

describe('what vite-plugin-pwa says of itself', () => {
  const among = (api?: unknown): Pwa | undefined => Pwa.among([{ name: 'other' }, { name: 'vite-plugin-pwa', api }])

  it.each([
    ['no plugin of that name', Pwa.among([{ name: 'other' }])],
    ['one without an api', among()],
  ])('%s is none', (_, pwa) => expect(pwa).toBeUndefined())

  it.each([
    [
      { inlinePath: '/a/sw.js', scope: '/a/', type: 'classic' },
      { worker: '/a/sw.js', scope: '/a/' },
    ],
    [
      { inlinePath: '/dev-sw.js?dev-sw', type: 'module' },
      { worker: '/dev-sw.js?dev-sw', type: 'module' },
    ],
    [undefined, undefined],
    [{ path: '/sw.js' }, undefined],
  ])('%j is the worker %j', (said, worker) => {
    expect(among({ disabled: false, registerSWData: () => said })?.registered()).toEqual(worker)
  })

  it('is asked again whether it is disabled: it does not know at once', () => {
    const api = { disabled: false }
    const pwa = among(api)
    expect(pwa?.isDisabled()).toBe(false)
    api.disabled = true
    expect(pwa?.isDisabled()).toBe(true)
  })

  it('has a worker in development where it has a web manifest', () => {
    expect(among({ webManifestData: () => ({}) })?.isServed()).toBe(true)
    expect(among({ webManifestData: () => undefined })?.isServed()).toBe(false)
    expect(among({})?.isServed()).toBe(false)
  })
})

describe('the layer in front of another worker', () => {
  it.each([
    ['a()', 'part();\na()'],
    ["'use strict'\na()", "'use strict';part();\n'use strict'\na()"],
    ['"use strict";a()', '\'use strict\';part();\n"use strict";a()'],
  ])('%j', (script, whole) => expect(inFrontOf(script, 'part()\n')).toBe(whole))

  it('is put there once, and its map moves', async () => {
    writeFileSync(join(home, 'sw.js'), 'theirs()')
    writeFileSync(join(home, 'sw.js.map'), '{"mappings":"AAAA"}')
    expect(await putIntoWorker(home, 'sw.js', '/* freshlayer-cache */\nours()\n')).toBe('put')
    const whole = readFileSync(join(home, 'sw.js'), 'utf8')
    expect(whole).toBe('/* freshlayer-cache */\nours();\ntheirs()')
    expect(readFileSync(join(home, 'sw.js.map'), 'utf8')).toBe('{"mappings":";;AAAA"}')
    expect(await putIntoWorker(home, 'sw.js', '/* freshlayer-cache */\nours()\n')).toBe('had')
    expect(readFileSync(join(home, 'sw.js'), 'utf8')).toBe(whole)
  })

  it('is not put into a worker that attaches it itself', async () => {
    writeFileSync(join(home, 'own.js'), `import { attach } from 'freshlayer/sw'\nattach(self, rules)`)
    expect(await putIntoWorker(home, 'own.js', 'ours()')).toBe('had')
  })

  it('is not put into a worker that is not there, or removes itself', async () => {
    await expect(putIntoWorker(home, 'none.js', '')).rejects.toThrow(/has written no .*none\.js: name its worker/)
    writeFileSync(join(home, 'gone.js'), 'self.registration.unregister()')
    await expect(putIntoWorker(home, 'gone.js', '')).rejects.toThrow(/removes itself \(selfDestroying\)/)
  })
})
