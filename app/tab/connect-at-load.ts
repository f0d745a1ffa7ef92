import { standIn } from './connect.ts'
import type { ConnectOptions } from './freshlayer.ts'
import { Registration } from './registration.ts'
import { ask } from './rpc.ts'

/** What a page says of its user whose app has said nothing: it does not know them. That there is none would be a word. */
export const UNKNOWN = (): undefined => undefined

/**
 * Connects the page when it is loaded, unless the app has done so itself by then.
 *
 * @param onRulesChange calls back whenever the rules have changed. Default: they never do, as in a built app.
 */
export function connectAtLoad(
  options: Pick<ConnectOptions, 'worker'>,
  onRulesChange?: (then: () => void) => void,
): void {
  const start = (): void => {
    standIn({ ...options, identify: UNKNOWN })
    onRulesChange?.(takeOver(options))
  }
  if (document.readyState === 'complete') start()
  else addEventListener('load', start, { once: true })
}

/** Has a worker of newer rules take over as soon as the other tabs agree. Returns what looks for one. */
function takeOver(options: Pick<ConnectOptions, 'worker'>): () => void {
  const registration = new Registration(options, {
    signal: new AbortController().signal,
    onWaiting: (isWaiting) => {
      if (!isWaiting) return
      const { waiting, touchScope } = registration
      void import('./more.ts').then(({ applyUpdate }) => applyUpdate({ waiting, touchScope, ask }))
    },
    onNone: () => undefined,
  })
  registration.register()
  return () => {
    void registration.container?.getRegistration(registration.scope).then(
      (found) => found?.update(),
      () => undefined,
    )
  }
}
