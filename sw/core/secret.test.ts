import { describe, expect, it } from 'vitest'
import { isCredential, isSecret } from './secret.ts'

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
    // No key and no row contains its value.
    'authorization',
  ])('is none in %s', (name) => {
    expect(isSecret(name)).toBe(false)
  })
})

describe('a response field', () => {
  it.each([
    'authorization',
    'authentication-info',
    'access-token',
    'x-access-token',
    'x-auth-token',
    'x-refresh-token',
    'id-token',
    'x-csrf-token',
    'x-xsrf-token',
    'csrftoken',
    'x-jwt',
    'jwt',
  ])('hands out a credential in %s', (name) => {
    expect(isCredential(name)).toBe(true)
  })

  it.each([
    'x-continuation-token',
    'next-page-token',
    'x-next-token',
    'www-authenticate',
    'access-control-allow-credentials',
    'access-control-allow-headers',
    'x-session-id',
    'x-request-id',
    'etag',
    'x-author',
  ])('hands out none in %s', (name) => {
    expect(isCredential(name)).toBe(false)
  })
})
