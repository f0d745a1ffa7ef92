import { fileURLToPath } from 'node:url'

// A suite builds the same workers again and again, and minifying is most of that: a script that was minified before is taken as it is.
process.env['FRESHLAYER_MINIFIED'] ??= fileURLToPath(new URL('../../.cache/minified', import.meta.url))
