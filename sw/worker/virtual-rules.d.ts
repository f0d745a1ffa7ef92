/** The app's rules, put in by the build. */
declare module 'virtual:freshlayer/rules' {
  import type { Rules } from '../../config/language/index.ts'
  import type { Parts } from './main.ts'

  export const rules: Rules
  /** The parts of the worker that these rules use. */
  export const parts: Parts
  /** The same for a worker that is the layer's alone. */
  export const lifecycle: Partial<Parts>
  /** The layer's start, or that of one which the origin can switch off. */
  export const start: typeof import('./main.ts').start
}
