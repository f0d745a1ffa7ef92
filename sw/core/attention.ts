import type { Standing } from './timeline.ts'

/**
 * What has the stored answers validated that a page shows, beside its reads. 'focus': it came into sight. 'reconnect': the
 * connection is back. 'poll': the rule's interval has passed. 'invalidated': a write has invalidated them. 'refresh': the
 * page asks for it.
 */
export type Occasion = 'focus' | 'reconnect' | 'poll' | 'invalidated' | 'refresh'

/** What a rule says of occasions. */
interface Attentive {
  /** Absent: yes. */
  readonly onFocus?: boolean
  /** Absent: yes. */
  readonly onReconnect?: boolean
}

/** What is known of a stored answer that a page shows. */
interface Shown extends Pick<Standing, 'state'> {
  /** An invalidation newer than it covers it. */
  readonly invalidated: boolean
  /** Milliseconds since the origin was last asked about it. */
  readonly quietMs: number
}

/** Tabs that come into sight one after the other ask once in this time. */
const FOCUS_THROTTLE_MS = 5000

/**
 * Whether the origin is asked about a stored answer. An invalidated one is asked about on each occasion, whatever the
 * rule says: what the user or another has changed has to be shown. Polls go by the time alone: see `pollWaitMs`.
 */
export function isDue(
  because: Exclude<Occasion, 'poll'>,
  rule: Attentive,
  { state, invalidated, quietMs }: Shown,
): boolean {
  if (because === 'refresh' || invalidated) return true
  return state !== 'fresh' && quietMs >= FOCUS_THROTTLE_MS && isWanted(because, rule)
}

/** Whether a rule wants what pages show to be asked about on an occasion. */
export const isWanted = (because: Exclude<Occasion, 'poll'>, { onFocus, onReconnect }: Attentive): boolean =>
  because === 'refresh' ||
  (because === 'focus' && onFocus !== false) ||
  (because === 'reconnect' && onReconnect !== false)
