import type { PushOptions } from '../../config/language/index.ts'

interface BuiltWorker {
  readonly worker: string
  readonly scope?: string
  readonly type?: 'classic' | 'module'
  /** The feed of the rules. */
  readonly push?: PushOptions
}

/** The worker of a page that names none. The Vite plugin puts a module with the worker of its build in the place of this one. */
export const BUILT_WORKER: BuiltWorker = { worker: '/sw.js' }
