import { describe, expect, it } from 'vitest'
import * as elsewhere from './elsewhere.ts'

describe('freshlayer/sw in Node', () => {
  it.each(Object.entries(elsewhere))('has %s, which says where it belongs', (_, call: (...args: never[]) => void) => {
    expect(call).toThrow(
      /^(freshlayer\(config\)|attach\(self, config\)|collections|outbox) belongs in a service worker\. This is Node: /,
    )
  })
})
