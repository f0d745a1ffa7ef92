import { fileURLToPath } from 'node:url'

/** These tools run from TypeScript in a checkout, and from JavaScript where the package is installed. */
const ENDING = import.meta.url.endsWith('.ts') ? '.ts' : '.js'

/** Where a module of the layer is, named from the root without its ending, such as 'sw/worker/main'. */
export const sourcePath = (name: string): string => fileURLToPath(new URL(`../../${name}${ENDING}`, import.meta.url))
