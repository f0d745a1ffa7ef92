import { afterEach, describe, expect, it, vi } from 'vitest'
import { exportOutbox } from './export-outbox.ts'

const keep = vi.fn(() => Promise.resolve())

afterEach(() => {
  vi.unstubAllGlobals()
  keep.mockClear()
})

/** Makes a database of what is opened, unless that is given up; the browser says then that it was aborted. */
function opening(): EventTarget {
  const abort = (): void => void request.dispatchEvent(new Event('error'))
  const request = Object.assign(new EventTarget(), { error: new Error('AbortError'), transaction: { abort } })
  queueMicrotask(() => request.dispatchEvent(new Event('upgradeneeded')))
  return request
}

describe('where there never was an outbox', () => {
  it('none is opened, for an engine may keep what was opened in vain', async () => {
    const open = vi.fn(opening)
    vi.stubGlobal('indexedDB', { databases: () => Promise.resolve([{ name: 'of the app', version: 1 }]), open })
    expect(await exportOutbox(keep)).toBe(0)
    expect(open).not.toHaveBeenCalled()
    expect(keep).not.toHaveBeenCalled()
  })

  it('nothing is handed over in an engine that does not list its databases', async () => {
    vi.stubGlobal('indexedDB', { open: opening })
    expect(await exportOutbox(keep)).toBe(0)
    expect(keep).not.toHaveBeenCalled()
  })
})
