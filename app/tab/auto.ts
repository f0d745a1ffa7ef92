import { UNKNOWN } from './connect-at-load.ts'
import { standIn } from './connect.ts'
import type { ConnectOptions } from './freshlayer.ts'

/** Where a page without a build finds the layer; and where it leaves its options before, if it has any. */
const shared = globalThis as { freshlayer?: object }

const options = shared.freshlayer as Omit<ConnectOptions, 'worker'> | undefined
const layer = standIn({ identify: UNKNOWN, ...options, worker: new URL('sw.js', import.meta.url).href })
if (layer) shared.freshlayer = layer
