import { scopeOf } from '../../config/names.ts'
import { BUILT_WORKER } from './built-worker.ts'

interface Options {
  readonly worker?: string
  readonly scope?: string
}

interface Ports {
  /** Ends the watching. */
  readonly signal: AbortSignal
  /** Whether a newer worker waits for the tabs of this one to close. */
  readonly onWaiting: (isWaiting: boolean) => void
  /** Why nothing comes from the layer. */
  readonly onNone: (why: unknown) => void
}

/** The registration of the layer's worker: which worker is the layer's, and whether a newer one waits. */
export class Registration {
  readonly container = container()
  /** The worker's script, absolute. */
  readonly script: string = ''
  /** What the worker controls, as the names have it. */
  readonly scope: string = ''
  readonly #options: Options
  readonly #ports: Ports
  #registration: ServiceWorkerRegistration | undefined

  constructor(options: Options, ports: Ports) {
    this.#options = options.worker === undefined ? { ...BUILT_WORKER, ...options } : options
    this.#ports = ports
    if (this.container === undefined) return
    const { worker = BUILT_WORKER.worker, scope } = this.#options
    this.script = new URL(worker, document.baseURI).href
    // As `register()` reads it: the default is the folder of the script.
    const base = scope === undefined ? this.script : document.baseURI
    this.scope = scopeOf(new URL(scope ?? './', base).href)
  }

  /** Whether these options are about the same worker. */
  isOf(options: Options): boolean {
    const { script, scope } = new Registration(options, this.#ports)
    return script === this.script && scope === this.scope
  }

  /** The worker that controls this page, or past which it was loaded. A worker of another script is never asked. */
  readonly worker = (): ServiceWorker | null | undefined =>
    [this.container?.controller, this.#registration?.active].find((worker) => worker?.scriptURL === this.script)

  /** Whether the layer's worker controls this page; says so where a worker of another script does. */
  controls(): boolean {
    const script = this.container?.controller?.scriptURL
    const controls = script === this.script
    if (!controls && script !== undefined) this.#ports.onNone(`another worker controls this page: ${script}`)
    return controls
  }

  register(): void {
    const { worker = BUILT_WORKER.worker } = this.#options
    // Of the options the browser takes scope and type.
    this.container?.register(trusted(worker), this.#options).then(
      // Some privacy modes answer without a registration.
      (registration?: ServiceWorkerRegistration) =>
        registration ? this.#watch(registration) : this.#ports.onNone(NO_WORKER),
      (error: unknown) => this.#ports.onNone(error),
    )
  }

  /** The worker to ask. `register()` may not have found it yet where the page was loaded past it. */
  readonly find = async (): Promise<ServiceWorker | null | undefined> => {
    const { scope = this.script } = this.#options
    const found = this.worker() ? undefined : await this.container?.getRegistration(scope).catch(() => undefined)
    this.#registration ??= found
    return this.worker()
  }

  /** Has something loaded within the scope, and throws it away: it is the worker's script, which runs nowhere else. */
  readonly touchScope = (): void => {
    const scope = new URL(this.scope, this.script).href
    const url = this.script.startsWith(scope) ? this.script : scope
    new Worker(trusted(url)).terminate()
  }

  /** The worker that waits for the tabs of this one to close. */
  readonly waiting = (): ServiceWorker | null | undefined => this.#registration?.waiting

  #watch(registration: ServiceWorkerRegistration): void {
    this.#registration = registration
    const { signal, onWaiting } = this.#ports
    const look = (): void => onWaiting(registration.waiting !== null)
    const follow = (worker: ServiceWorker | null): void => worker?.addEventListener('statechange', look, { signal })
    look()
    follow(registration.waiting)
    follow(registration.installing)
    registration.addEventListener('updatefound', () => follow(registration.installing), { signal })
  }
}

export const NO_WORKER = 'this page may have no service worker'

/** Absent where there are no workers; asking for it throws in a frame that has no origin, and outside of browsers. */
function container(): ServiceWorkerContainer | undefined {
  try {
    return navigator.serviceWorker
  } catch {
    return undefined
  }
}

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL: (url: string) => string },
  ): {
    createScriptURL(url: string): string
  }
}

let policy: ReturnType<TrustedTypes['createPolicy']> | undefined

/**
 * Under Trusted Types the address of a script has to come from a policy; ours is called 'freshlayer', which a page's
 * `trusted-types` has to allow.
 */
function trusted(url: string): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }
  try {
    // A second policy of the name is refused.
    policy ??= trustedTypes?.createPolicy('freshlayer', { createScriptURL: (given) => given })
    return policy?.createScriptURL(url) ?? url
  } catch {
    // The page does not allow the policy; where it wants one all the same, registering says so.
    return url
  }
}
