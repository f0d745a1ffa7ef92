import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { apply } from './apply.ts'

const home = mkdtempSync(join(tmpdir(), 'freshlayer-apply-'))
afterAll(() => rmSync(home, { recursive: true }))

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(home, 'app-'))
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text)
  return folder
}

/** Every file of a folder with its text; a folder in it is null. */
const contentsOf = (folder: string): Record<string, string | null> =>
  Object.fromEntries(
    readdirSync(folder).map((name) => {
      const path = join(folder, name)
      return [name, statSync(path).isDirectory() ? null : readFileSync(path, 'utf8')]
    }),
  )

describe('changes of a folder', () => {
  it('are made, and leave nothing beside them', async () => {
    const folder = folderOf({ a: 'a', gone: 'x' })
    await apply(folder, [
      { file: 'a', text: 'A' },
      { file: 'b', text: 'B' },
      { file: 'gone', text: undefined },
      { file: 'new/c', text: 'C' },
    ])
    expect(contentsOf(folder)).toEqual({ a: 'A', b: 'B', new: null })
    expect(contentsOf(join(folder, 'new'))).toEqual({ c: 'C' })
  })

  it.each(['first', 'last'])('are not made where the %s of them cannot be', async (where) => {
    // A folder in the way of a file keeps even the superuser from writing it.
    const folder = folderOf({ a: 'a', gone: 'x' })
    mkdirSync(join(folder, 'taken'))
    writeFileSync(join(folder, 'taken', 'inside'), '')
    const changes = [
      { file: 'a', text: 'A' },
      { file: 'b', text: 'B' },
      { file: 'gone', text: undefined },
      { file: 'new/deep/c', text: 'C' },
    ]
    const taken = { file: 'taken', text: 'no' }
    const all = where === 'first' ? [taken, ...changes] : [...changes, taken]
    await expect(apply(folder, all)).rejects.toThrow(/taken may not be written \(\w+\); nothing has been changed$/)
    expect(contentsOf(folder)).toEqual({ a: 'a', gone: 'x', taken: null })
    expect(readdirSync(join(folder, 'taken'))).toEqual(['inside'])
  })

  it('are not made where a part of a path is a file', async () => {
    const folder = folderOf({ a: 'a', b: 'b' })
    const changes = [
      { file: 'a', text: 'A' },
      { file: 'b/c', text: 'C' },
    ]
    await expect(apply(folder, changes)).rejects.toThrow(/b\/c may not be written \(ENOTDIR\)/)
    expect(contentsOf(folder)).toEqual({ a: 'a', b: 'b' })
  })

  it('keep what a file may do, and reach what a link names', async () => {
    const folder = folderOf({ a: 'a', real: 'r' })
    chmodSync(join(folder, 'a'), 0o755)
    symlinkSync('real', join(folder, 'link'))
    await apply(folder, [
      { file: 'a', text: 'A' },
      { file: 'link', text: 'L' },
    ])
    expect(statSync(join(folder, 'a')).mode & 0o777).toBe(0o755)
    expect(readFileSync(join(folder, 'real'), 'utf8')).toBe('L')
  })
})
