import { test } from '@playwright/test'
import { rows } from './rows.ts'

for (const { id, section, title, only } of rows) {
  if (only === 'node') continue
  test(`${section} ${title}`, async () => {
    const answer = await fetch(`${process.env['FRESHLAYER_ROWS']}${id}`)
    const problems = (await answer.json()) as string[]
    if (problems.length > 0) throw new Failed([id, ...problems].join('\n  '))
  })
}

/** A row that does not hold; where in this file that was noticed tells nothing. */
class Failed extends Error {
  constructor(message: string) {
    super(message)
    this.stack = message
  }
}
