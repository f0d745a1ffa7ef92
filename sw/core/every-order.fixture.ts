/** Whether a step may be taken. */
type Condition = () => boolean

/**
 * Somebody who acts in steps: each goes from one `yield` to the next, and the first waits to be taken. What is yielded
 * says what the next step waits for; nothing: it may be taken at any time.
 */
export type Actor = Generator<Condition | undefined, void, void>

/** What goes on at the same time, and what holds all the while. */
interface Scene {
  readonly actors: Readonly<Record<string, Actor>>
  /** Called after each step; throws where something does not hold. */
  readonly check: () => void
  /** Called when nobody can take a step any more. */
  readonly end: () => void
}

interface Choice {
  taken: number
  readonly of: number
}

/**
 * Plays a scene in every order in which its actors' steps can come, each time from the start, and returns how many orders
 * there are. Throws what the scene throws, with the order in which it came about.
 */
export function everyOrder(scene: () => Scene): number {
  const choices: Choice[] = []
  let orders = 0
  do {
    play(scene(), choices)
    orders++
  } while (isMoved(choices))
  return orders
}

function play({ actors, check, end }: Scene, choices: Choice[]): void {
  const taken: string[] = []
  let left = Object.entries(actors).map(([name, steps]) => ({ name, steps, next: steps.next() }))
  try {
    for (let depth = 0; ; depth++) {
      left = left.filter(({ next }) => next.done !== true)
      const able = left.filter(({ next }) => next.value?.() !== false)
      if (able.length === 0) break
      const choice = (choices[depth] ??= { taken: 0, of: able.length })
      const actor = able[choice.taken]
      if (actor === undefined) throw new Error('a scene is another when it is played again')
      taken.push(actor.name)
      actor.next = actor.steps.next()
      check()
    }
    end()
  } catch (cause) {
    throw new Error(`${String(cause)}\nin the order: ${taken.join(', ')}`, { cause })
  }
}

/** Moves on to the next order: the last choice that has another takes it. False when all are played. */
function isMoved(choices: Choice[]): boolean {
  for (let last = choices.at(-1); last !== undefined; last = choices.at(-1)) {
    if (++last.taken < last.of) return true
    choices.pop()
  }
  return false
}
