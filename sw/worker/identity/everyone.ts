import { EVERYONE, type Identity } from './identity.ts'

const nobody = (): Promise<undefined> => Promise.resolve(undefined)

/** `identity: 'none'`: everyone gets the same answers. */
export const everyone = (): Identity => ({
  partitionOf: () => EVERYONE,
  learn: () => undefined,
  isOf: () => true,
  knownOf: () => EVERYONE,
  doubt: nobody,
  isDoubted: () => false,
  confirms: () => true,
  last: () => Promise.resolve(EVERYONE),
  ofPage: () => Promise.resolve(EVERYONE),
  partitionsOf: () => Promise.resolve([EVERYONE]),
  credentialsOf: () => undefined,
  identify: nobody,
  own: () => Promise.resolve([]),
  ownInMemory: () => [],
  forgetWords: nobody,
  forget: nobody,
  tidy: nobody,
})
