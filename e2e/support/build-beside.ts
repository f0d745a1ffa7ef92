import { buildWorker } from '../../tools/build/build-worker.ts'
import { isMadeBeside, WORKERS } from './workers.ts'

// A process of its own, see `build.ts`.
for (const [at, options] of WORKERS.entries()) if (isMadeBeside(at)) await buildWorker(options)
