/** The app's rules, put in by the build. */
declare module 'virtual:freshlayer/config' {
  import type { Config } from '../../config/language/index.ts'

  const config: Config
  /** The config's path, for messages. */
  export const file: string
  export default config
}
