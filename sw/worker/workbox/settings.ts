import type { Config } from '../../../config/language/index.ts'

/** What all strategies of a worker share. Their routes are Workbox's, so there are none here. */
export type Settings = Pick<
  Config,
  'version' | 'identity' | 'budget' | 'defaults' | 'writes' | 'groups' | 'push' | 'outbox'
>
