/** The app's rules, put in by the build. */
declare module 'virtual:freshlayer/rules' {
  import type { Rules } from '../../config/language/index.ts'
  import type { IdentityOf } from './everyone.ts'

  export const rules: Rules
  export const identity: IdentityOf
  export const structured: import('./structured.ts').Structured | undefined
}
