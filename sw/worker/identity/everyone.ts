import { EVERYONE, type Identities } from './identity.ts'

const nothing = (): Promise<undefined> => Promise.resolve(undefined)

/** `identity: 'none'`: all users get the same answers, and no user signs in or out. */
export const everyone = (): Identities => ({
  identity: {
    partitionOf: () => EVERYONE,
    learn: () => undefined,
    knownOf: () => EVERYONE,
    refuse: nothing,
    confirm: nothing,
    ready: undefined,
    read: undefined,
    isDoubted: () => false,
    watchOthers: () => () => true,
    isOther: () => false,
    confirms: () => true,
    last: () => Promise.resolve(EVERYONE),
    ofPage: () => Promise.resolve(EVERYONE),
    partitionsOf: () => Promise.resolve([EVERYONE]),
    credentialsOf: nothing,
    identify: nothing,
    tidy: nothing,
  },
  sessions: { begin: () => Promise.resolve(nothing), load: nothing, heard: () => undefined, endLoads: nothing },
  signOut: nothing,
  applySignals: () => Promise.resolve(true),
})
