import { EVERYONE, type Identity } from './identity.ts'

const nothing = (): Promise<undefined> => Promise.resolve(undefined)

/** `identity: 'none'`: all users get the same answers. */
export const everyone = (): Identity => ({
  partitionOf: () => EVERYONE,
  learn: () => undefined,
  isOf: () => true,
  knownOf: () => EVERYONE,
  doubt: nothing,
  isDoubted: () => false,
  confirms: () => true,
  last: () => Promise.resolve(EVERYONE),
  ofPage: () => Promise.resolve(EVERYONE),
  partitionsOf: () => Promise.resolve([EVERYONE]),
  credentialsOf: () => undefined,
  identify: nothing,
  own: () => Promise.resolve([]),
  ownInMemory: () => [],
  forgetWords: nothing,
  forget: nothing,
  tidy: nothing,
})
