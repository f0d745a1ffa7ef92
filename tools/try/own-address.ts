import { isThisMachine } from '../../config/this-machine.ts'

/** The path below which the proxy's own pages and scripts are. */
export const OWN = '/__freshlayer/'

/** The script of the tag in documents. */
export const STRIP_PATH = `${OWN}strip.js`

/**
 * The proxy's origin as a browser has named it; undefined where the name is none of this machine. Other sites can let their
 * names lead here, and would read what the app says to its user.
 */
export function ownOrigin(host: string | undefined): string | undefined {
  if (host === undefined || !URL.canParse(`http://${host}`)) return undefined
  const { hostname, origin } = new URL(`http://${host}`)
  return isThisMachine({ hostname }) ? origin : undefined
}
