import { describe, expect, it } from 'vitest'
import { isSecret } from './secret.ts'

describe('the value of a request field', () => {
  it.each([
    'x-auth-token',
    'x-access-token',
    'private-token',
    'token',
    'x-authorization',
    'proxy-authorization',
    'x-auth',
    'x-goog-iap-jwt-assertion',
    'x-client-secret',
    'x-session-id',
    'sessionid',
    'x-credentials',
    'cookie',
    'x-cookie',
    'x-csrftoken',
    'x-csrf',
    'x-xsrf',
    'x-signature',
    'x-password',
    'x-passcode',
    'x-passphrase',
    'key',
    'apikey',
    'x-api-key',
    'x-key-id',
    'ocp-apim-subscription-key',
  ])('is a secret in %s', (name) => {
    expect(isSecret(name)).toBe(true)
  })

  it.each([
    'accept',
    'accept-language',
    'accept-encoding',
    'accept-signature',
    'content-type',
    'content-encoding',
    'content-language',
    'range',
    'if-none-match',
    'if-modified-since',
    'if-range',
    'cache-control',
    'pragma',
    'prefer',
    'priority',
    'origin',
    'referer',
    'user-agent',
    'sec-ch-ua',
    'save-data',
    'x-requested-with',
    'x-tenant',
    'x-store-id',
    'x-api-version',
    'x-keyword',
    'x-bypass',
    'traceparent',
    // Its value is in no key and no row.
    'authorization',
  ])('is none in %s', (name) => {
    expect(isSecret(name)).toBe(false)
  })
})
