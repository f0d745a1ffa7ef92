import { describe, expect, it } from 'vitest'
import { atTheTop, next, type Outcome, type Position, type Way } from './ladder.ts'

const WAYS: readonly Way[] = ['stream', 'long-poll', 'poll']
const MINUTE = 60_000

/** Where a page stands after one outcome after another, each at its time in minutes. Default: all at 0. */
function after(
  ways: readonly Way[],
  ...outcomes: (Outcome | [Outcome, number])[]
): { way: Way | undefined; restMs: number } {
  let position: Position & { restMs?: number } = atTheTop(ways)
  for (const each of outcomes) {
    const [outcome, minutes] = typeof each === 'string' ? [each, 0] : each
    position = next(position, outcome, minutes * MINUTE)
  }
  return { way: position.ways[position.at], restMs: position.restMs ?? 0 }
}

describe('the way to hear of changes', () => {
  it.each<[rule: string, outcomes: (Outcome | [Outcome, number])[], way: Way]>([
    ['is the best at first', [], 'stream'],
    ['stays, when the server ends a connection as it should', ['ended', 'ended', 'ended', 'ended'], 'stream'],
    ['stays, when a connection is cut now and then', ['cut', 'cut', 'ended', 'cut', 'cut'], 'stream'],
    ['is the next, when three connections in a row are cut early', ['cut', 'cut', 'cut'], 'long-poll'],
    ['is the next, when three in a row fail', ['failed', 'failed', 'failed'], 'long-poll'],
    ['is the next at once, behind a proxy that holds a stream back', ['held-back'], 'long-poll'],
    ['is the last, when long polls are held back too', ['held-back', 'held-back'], 'poll'],
    ['is the last, when long polls are cut', ['held-back', 'cut', 'cut', 'cut'], 'poll'],
    ['stays the last, whatever becomes of it', ['held-back', 'held-back', 'failed', 'held-back', 'cut', 'cut'], 'poll'],
    ['is the best again after five minutes, once a lesser one works', ['held-back', ['ended', 5]], 'stream'],
    ['is not before', ['held-back', ['ended', 4.9]], 'long-poll'],
    ['is not while nothing works', ['held-back', ['failed', 6]], 'long-poll'],
    [
      'is the best after ten minutes the second time',
      ['held-back', ['ended', 5], ['held-back', 5], ['ended', 14.9]],
      'long-poll',
    ],
    ['and not before', ['held-back', ['ended', 5], ['held-back', 5], ['ended', 15]], 'stream'],
    [
      'is the one that worked before, when a server is back that was away',
      ['held-back', 'ended', 'failed', 'failed', 'failed', 'ended'],
      'long-poll',
    ],
    [
      'is not, when that one fails once more while the lesser one works',
      ['held-back', 'ended', 'failed', 'failed', 'failed', 'ended', 'failed', 'ended', 'ended'],
      'poll',
    ],
    [
      'is so however long the server was away',
      ['held-back', 'ended', ...Array.from({ length: 30 }, (): Outcome => 'failed'), 'ended'],
      'long-poll',
    ],
    ['is the best at once when a server is back that was away', ['failed', 'failed', 'failed', 'ended'], 'stream'],
  ])('%s', (_, outcomes, way) => {
    expect(after(WAYS, ...outcomes).way).toBe(way)
  })

  it('is the event stream where a WebSocket does not get through, and that one again later', () => {
    expect(after(['socket', ...WAYS], 'failed', 'cut', 'cut').way).toBe('stream')
    expect(after(['socket', ...WAYS], 'held-back', ['ended', 5]).way).toBe('socket')
  })

  it('is the only one of another server’s feed', () => {
    expect(after(['stream'], 'held-back', 'failed', 'cut', 'cut').way).toBe('stream')
  })
})

describe('the rest before the next connection', () => {
  it.each<[what: string, outcomes: (Outcome | [Outcome, number])[], restMs: number]>([
    ['after an end that was meant', ['ended'], 0],
    ['after one failure', ['failed'], 1000],
    ['after two', ['failed', 'failed'], 2000],
    ['behind a proxy that holds streams back', ['held-back'], 0],
    ['between polls', ['held-back', 'held-back', 'ended'], 30_000],
    ['in the first minute without a server', Array.from({ length: 26 }, (): Outcome => 'failed'), 4000],
    [
      'after many failed polls',
      ['held-back', 'held-back', ...Array.from({ length: 40 }, (): Outcome => 'failed')],
      30_000,
    ],
  ])('%s', (_, outcomes, restMs) => {
    expect(after(WAYS, ...outcomes).restMs).toBe(restMs)
  })
})
