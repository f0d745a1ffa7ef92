import { UNKNOWN } from './connect-at-load.ts'
import { standIn } from './connect.ts'
import type { ConnectOptions } from './freshlayer.ts'
import { watchPrebuilt } from './watch-prebuilt.ts'

/** Where the page finds the layer; and where it leaves its options before, if it has any. */
const shared = globalThis as { freshlayer?: object }

const given = shared.freshlayer as ConnectOptions | undefined
const worker = new URL('freshlayer-sw.js', import.meta.url).href
// Else a browser may take the rules, which that script loads, from its own cache for a day after they were edited.
const options = { identify: UNKNOWN, worker, updateViaCache: 'none', ...given }
watchPrebuilt()
const layer = standIn(options)
if (layer) shared.freshlayer = layer
