import type { Outcome } from './player.ts'

/**
 * The outcome of a row, from where rows are played (`setup.ts`).
 *
 * @param next the rows that will be asked for next.
 */
export async function outcomeOf(row: string, next: readonly string[] = []): Promise<Outcome> {
  const answer = await fetch(process.env['FRESHLAYER_PLAYS'] + encodeURIComponent([row, ...next].join('|')))
  return (await answer.json()) as Outcome
}

/** Fails the test if something should not have been. */
export function holds({ problems }: Outcome): void {
  if (problems.length > 0) throw new Broken(problems.join('\n  '))
}

/** Where in a test a problem was noticed tells nothing. */
class Broken extends Error {
  constructor(message: string) {
    super(message)
    this.stack = message
  }
}
