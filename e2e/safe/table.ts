import type { Fault, Planned, Play, Step } from './plan.ts'
import { spelled } from './plan.ts'

/** What a page does while storage is sick. */
const SCHEDULES = {
  /** Hits, misses, writes, and a body that is replaced. */
  day: [
    { read: 'small' },
    { read: 'new' },
    { read: 'new' },
    { read: 'large' },
    { write: true },
    { read: 'small' },
    { read: 'new' },
    { read: 'large' },
    { read: 'large' },
    { write: true },
    { read: 'small' },
    { read: 'large' },
  ],
  /** Long enough without a request for the worker to tidy up. */
  idle: [
    { read: 'small' },
    { write: true },
    { read: 'large' },
    { pauseMs: 2600 },
    { read: 'small' },
    { write: true },
    { read: 'large' },
  ],
  /** The app tells the layer what to forget. */
  forget: [
    { read: 'small' },
    { read: 'large' },
    { invalidate: true },
    { read: 'small' },
    { remove: 'tagged' },
    { read: 'small' },
    { read: 'large' },
    { remove: 'all' },
    { read: 'small' },
    { read: 'large' },
  ],
} as const satisfies Record<string, readonly Step[]>

type Schedule = keyof typeof SCHEDULES

interface Call {
  readonly call: string
  /** The schedule in which it is made to fail. */
  readonly during: Schedule
  /** Its first so many occurrences fail, one by one, and all of them together; of those that hang the first, and all. */
  readonly times: number
  readonly faults: readonly Fault[]
}

const READING: readonly Fault[] = ['reject', 'hang', 'throw', 'lost']
const WRITING: readonly Fault[] = [...READING, 'quota']

const call = (call: string, during: Schedule, times: number, faults: readonly Fault[]): Call => ({
  call,
  during,
  times,
  faults,
})

/** One call of each kind. */
const SHORT: ReadonlySet<string> = new Set([
  'indexedDB.open',
  'transaction readonly',
  'transaction readwrite',
  'getAll state',
  'put meta',
  'getAll row',
  'put row',
  'put body',
  'put write',
  'new BroadcastChannel',
  'postMessage',
])

/** Every call to storage that the worker makes. One that is missing here fails the table's own test. */
export const calls: readonly Call[] = [
  call('indexedDB.open', 'day', 1, WRITING),
  call('transaction readonly', 'day', 2, READING),
  call('transaction readwrite', 'day', 4, WRITING),
  // Starting.
  call('getAll state', 'day', 2, READING),
  call('getAllKeys state', 'day', 1, READING),
  call('get meta', 'day', 2, READING),
  call('put meta', 'day', 2, WRITING),
  call('caches.keys', 'day', 1, READING),
  // Reading.
  call('getAll row', 'day', 2, READING),
  // Storing.
  call('digest', 'day', 2, ['reject', 'hang', 'throw']),
  call('get index', 'day', 2, READING),
  call('put index', 'day', 2, WRITING),
  call('put row', 'day', 2, WRITING),
  call('put body', 'day', 2, WRITING),
  call('delete body', 'day', 2, READING),
  call('put change', 'day', 2, WRITING),
  call('put search', 'day', 1, WRITING),
  // Writing.
  call('put write', 'day', 2, WRITING),
  call('put invalidation', 'day', 3, WRITING),
  call('delete write', 'day', 2, READING),
  // Telling.
  call('new BroadcastChannel', 'day', 1, ['throw', 'lost']),
  call('postMessage', 'day', 2, ['hang', 'throw', 'lost']),
  // Tidying.
  call('get stats', 'idle', 1, READING),
  call('put stats', 'idle', 1, WRITING),
  call('getAllKeys anonymous', 'idle', 1, READING),
  call('getAllKeys everyone', 'idle', 1, READING),
  call('getAllKeys token/', 'idle', 1, READING),
  call('getAllKeys user/', 'idle', 1, READING),
  call('getAllKeys next partition', 'idle', 1, READING),
  call('getAll change', 'idle', 1, READING),
  call('getAllKeys row', 'idle', 1, READING),
  call('getAllKeys index', 'idle', 1, READING),
  call('getAll index', 'idle', 1, READING),
  call('delete invalidation', 'idle', 1, READING),
  // Forgetting.
  call('put removal', 'forget', 2, WRITING),
  call('delete row', 'forget', 2, READING),
  call('delete index', 'forget', 2, READING),
  call('delete removal', 'forget', 1, READING),
  // The rows of collections, which a worker without collections erases whole.
  call('getAllKeys any', 'forget', 2, READING),
]

/** The rows, by name. Those in which something hangs come last: they keep the browser busy, and others would notice. */
export const rows: ReadonlyMap<string, Play> = new Map(
  [...plansOf((fault) => fault !== 'hang'), ...plansOf((fault) => fault === 'hang')].map(([planned, during]) => [
    spelled(planned),
    { faults: [planned], lives: [SCHEDULES[during]] },
  ]),
)

/** What a short run plays: everything fails for good, which breaks most. */
export const shortRows: readonly string[] = [...rows].flatMap(([name, { faults }]) =>
  faults.some(({ call, fault, lasting }) => lasting && fault !== 'hang' && SHORT.has(call)) ? [name] : [],
)

function plansOf(ofKind: (fault: Fault) => boolean): [Planned, Schedule][] {
  return calls.flatMap(({ call, during, times, faults }) =>
    faults.filter(ofKind).flatMap((fault) => {
      const single = Array.from({ length: fault === 'hang' ? 1 : times }, (_, index) => index + 1)
      return [
        ...single.map((nth): [Planned, Schedule] => [{ call, fault, nth, lasting: false }, during]),
        [{ call, fault, nth: 1, lasting: true }, during] satisfies [Planned, Schedule],
      ]
    }),
  )
}

/** Every schedule with healthy storage. */
export const traced: Readonly<Record<string, Play>> = Object.fromEntries(
  Object.entries(SCHEDULES).map(([name, steps]) => [`with healthy storage: ${name}`, { faults: [], lives: [steps] }]),
)
