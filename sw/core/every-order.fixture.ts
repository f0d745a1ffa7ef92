/** Whether a step may be taken. */
type Condition = () => boolean

/**
 * An actor acts in steps. A step runs from one `yield` to the next, and the scheduler starts the first one. The yielded
 * condition says when the next step may run; undefined: at any time.
 */
export type Actor = Generator<Condition | undefined, void, void>

/** Actors that run concurrently, and the checks on them. */
interface Scene {
  readonly actors: Readonly<Record<string, Actor>>
  /** Called after each step. Throws when an invariant does not hold. */
  readonly check: () => void
  /** Called when no actor can take a step any more. */
  readonly end: () => void
}

interface Choice {
  taken: number
  readonly of: number
}

/**
 * Plays a scene in every possible order of its actors' steps, each time from the start. Returns the number of orders.
 * Throws the scene's error, with the order that caused it.
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
      if (actor === undefined) throw new Error('the scene differs when it is played again')
      taken.push(actor.name)
      actor.next = actor.steps.next()
      check()
    }
    end()
  } catch (cause) {
    throw new Error(`${String(cause)}\nin the order: ${taken.join(', ')}`, { cause })
  }
}

/** Selects the next order: the last choice with another option takes it. False when all orders were played. */
function isMoved(choices: Choice[]): boolean {
  for (let last = choices.at(-1); last !== undefined; last = choices.at(-1)) {
    if (++last.taken < last.of) return true
    choices.pop()
  }
  return false
}
