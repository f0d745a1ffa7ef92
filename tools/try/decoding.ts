import type { Transform } from 'node:stream'
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'

/** Whole parts are handed on as they come, and an end that is missing is no error: browsers show what there is. */
const LENIENT = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH }
const LENIENT_BROTLI = { flush: constants.BROTLI_OPERATION_FLUSH, finishFlush: constants.BROTLI_OPERATION_FLUSH }

/**
 * What undoes a body's codings, in the order in which it is to be piped through them.
 *
 * @param field `Content-Encoding`.
 * @returns undefined where one of them cannot be undone here.
 */
export function decoders(field: string | undefined): Transform[] | undefined {
  const names = (field ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity')
  const found = names.toReversed().map((name) => DECODERS[name]?.())
  return found.every((decoder) => decoder !== undefined) ? found : undefined
}

const DECODERS: Readonly<Record<string, (() => Transform) | undefined>> = {
  gzip: () => createGunzip(LENIENT),
  'x-gzip': () => createGunzip(LENIENT),
  br: () => createBrotliDecompress(LENIENT_BROTLI),
  deflate: () => createInflate(LENIENT),
}
