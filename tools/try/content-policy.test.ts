import { describe, expect, it } from 'vitest'
import { adjustPolicy } from './content-policy.ts'

const ADDRESSES = { origin: 'https://app.example', own: 'http://localhost:4180' }
const adjusted = (field: string | undefined) => adjustPolicy(field, ADDRESSES, () => 'new')

describe('a content policy, for the scripts and the worker of the proxy', () => {
  it.each([
    "default-src 'self'",
    "script-src 'self' https://cdn.example; object-src 'none'",
    "script-src http: 'unsafe-inline'",
    "img-src 'none'",
    'frame-ancestors none',
  ])('stays as it is where it allows them: %s', (field) => {
    expect(adjusted(field)).toEqual({ policy: field, changes: [] })
  })

  it('is none where there is none', () => expect(adjusted(undefined)).toEqual({ policy: undefined, changes: [] }))

  it('gives the script the nonce that the document has', () => {
    const { policy, nonce, changes } = adjusted("script-src 'nonce-abc' 'strict-dynamic'; worker-src 'self'")
    expect({ policy, nonce, changes }).toEqual({
      policy: "script-src 'nonce-abc' 'strict-dynamic'; worker-src 'self'",
      nonce: 'abc',
      changes: [],
    })
  })

  it.each([
    ["script-src 'sha256-x' 'strict-dynamic'; worker-src 'self'", "'sha256-x' 'strict-dynamic' 'nonce-new'"],
    ["script-src 'none'; worker-src 'self'", "script-src 'nonce-new'"],
    ['script-src https://cdn.example; worker-src *', "https://cdn.example 'nonce-new'"],
  ])('takes one nonce more where scripts of the origin do not run: %s', (field, sources) => {
    const { policy, nonce, changes } = adjusted(field)
    expect(policy).toContain(sources)
    expect(nonce).toBe('new')
    expect(changes).toEqual(['script-src takes a nonce more'])
  })

  it('takes the worker, and requests to the proxy', () => {
    const { policy } = adjusted("default-src 'none'; script-src 'nonce-a'; connect-src https://api.example")
    expect(policy).toBe(
      "default-src 'none'; script-src 'nonce-a'; connect-src https://api.example 'self'; worker-src 'self'",
    )
  })

  it('has every policy of several allow the same script', () => {
    const { policy, nonce } = adjusted("script-src 'nonce-a', script-src 'sha256-x'; worker-src 'self'")
    expect(nonce).toBe('a')
    expect(policy).toMatch(/^script-src 'nonce-a'.*, script-src 'sha256-x' 'nonce-a'/)
  })

  it('names the proxy beside the origin, with each of their protocols', () => {
    const { policy } = adjusted('script-src https://app.example/js/; connect-src wss://app.example app.example *')
    expect(policy).toContain('script-src https://app.example/js/ http://localhost:4180/js/')
    expect(policy).toContain('connect-src wss://app.example app.example * ws://localhost:4180 localhost:4180')
  })

  it('does without the upgrade to https, which the proxy does not speak', () => {
    const { policy, changes } = adjusted("default-src 'self'; upgrade-insecure-requests")
    expect(policy).toBe("default-src 'self'")
    expect(changes).toEqual(['without upgrade-insecure-requests'])
  })

  it('takes the policy of Trusted Types that registers the worker', () => {
    expect(adjusted("require-trusted-types-for 'script'; trusted-types app").policy).toMatch(
      /trusted-types app freshlayer$/,
    )
    expect(adjusted("trusted-types 'none'").policy).toBe('trusted-types freshlayer')
  })
})
