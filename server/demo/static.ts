import { readFile } from 'node:fs/promises'
import { extname, join, normalize, resolve, sep } from 'node:path'
import type { Context, Handler } from 'hono'
import { evaluatePreconditions, notModifiedFields, strongEntityTag } from '../validators.ts'
import { errorCode } from './start-error.ts'

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
}

/** Only for documents: on a worker's script it would bind the worker's own requests too. */
const CONTENT_SECURITY_POLICY = [
  `default-src 'self'`,
  `script-src 'self'`,
  `style-src 'self' 'unsafe-inline'`,
  `img-src 'self' data:`,
  `connect-src 'self'`,
  `worker-src 'self'`,
  `object-src 'none'`,
  `base-uri 'self'`,
  `form-action 'self'`,
  `frame-ancestors 'none'`,
].join('; ')

/** A file the build named after its content: `assets/index-B1x9kQ2c.js`. Its bytes never change under that name. */
const HASHED = /^\/assets\/.+-[\w-]{8}\.\w+$/

/** The built app: its files, and its one document for every address that a person could have opened. */
export function staticFiles(folder: string): Handler {
  return async (c) => {
    const path = decodedPath(c.req.path)
    const found = path === '/' || path === undefined ? undefined : await fileAt(folder, path)
    if (path !== undefined && found !== undefined) return answerFile(c, path, found)
    const isDocument = (c.req.header('accept') ?? '').includes('text/html') && !c.req.path.startsWith('/assets/')
    if (!isDocument) {
      return c.text('Not found', 404, { 'Cache-Control': 'no-store' })
    }
    const document = await fileAt(folder, '/index.html')
    if (document === undefined) return c.text('The app is not built.', 404, { 'Cache-Control': 'no-store' })
    // The address decides by what is asked for: a document for a person, 404 for a script that is gone.
    c.header('Vary', 'Accept')
    return answerFile(c, '/index.html', document)
  }
}

function answerFile(c: Context, path: string, bytes: Uint8Array<ArrayBuffer>): Response {
  const type = CONTENT_TYPES[extname(path)] ?? 'application/octet-stream'
  const etag = strongEntityTag(bytes)
  const fields: Record<string, string> = {
    ETag: etag,
    'Cache-Control': HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache',
  }
  if (evaluatePreconditions(c.req.method, (name) => c.req.header(name), { etag }) === 'not-modified') {
    return c.body(null, 304, notModifiedFields(fields))
  }
  return c.body(bytes, 200, {
    ...fields,
    'Content-Type': type,
    'X-Content-Type-Options': 'nosniff',
    ...(type.startsWith('text/html')
      ? { 'Content-Security-Policy': CONTENT_SECURITY_POLICY, 'Referrer-Policy': 'same-origin' }
      : {}),
  })
}

/** The path without percent signs; undefined where they make no sense. */
function decodedPath(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}

async function fileAt(folder: string, path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const root = resolve(folder)
  const file = join(root, normalize(path))
  if (!file.startsWith(root + sep) || path.includes('\0')) return undefined
  try {
    return new Uint8Array(await readFile(file))
  } catch (error) {
    if (['ENOENT', 'EISDIR', 'ENOTDIR', 'ENAMETOOLONG'].includes(errorCode(error) ?? '')) return undefined
    throw error
  }
}
