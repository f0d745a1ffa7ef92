import { useCallback, useEffect, useRef } from 'react'
import { itemsText, parseVersions } from '../../../sw/core/versions.ts'
import type { Fetch, ObservedUrl } from '../observed-url.ts'
import { knownState, observedUrls } from '../observed-urls.ts'
import { useCachedQuery } from './use-cached-query.ts'

/** A light endpoint that says of which version data is. */
export interface LightEndpoint {
  readonly url: string
  /** The member of the answer to look at. Default: the answer itself. */
  readonly entity?: string
}

/** The version that data is known to have at least. */
const known = new WeakMap<ObservedUrl, string>()
/** The version that data is being read for. */
const awaited = new WeakMap<ObservedUrl, string>()

/**
 * Has the data of a URL asked for when what its light endpoint says differs from what it said before the data was read.
 *
 * @returns whether the endpoint can be followed, as far as is known.
 */
export function useVersions(
  url: string | undefined,
  endpoint: string | LightEndpoint | undefined,
  fetch: Fetch | undefined,
): () => boolean {
  const light = typeof endpoint === 'string' ? { url: endpoint } : endpoint
  const entity = light?.entity
  const parse = useCallback((body: unknown) => signatureOf(body, entity), [entity])
  const versions = useCachedQuery(url !== undefined && light?.url, { parse, ...(fetch && { fetch }) })
  const { data: signature, error, updatedAt } = versions
  const mayFollow = useRef(true)
  const isFollowing = light !== undefined
  useEffect(() => {
    mayFollow.current = error === undefined
    if (url === undefined || !isFollowing || (signature === undefined && error === undefined)) return
    const end = new AbortController()
    void follow(url, error === undefined ? signature : undefined, updatedAt, end.signal)
    return () => end.abort()
  }, [url, isFollowing, signature, error, updatedAt])
  return useCallback(() => mayFollow.current, [])
}

/** @param signature undefined: the light endpoint has failed. */
async function follow(
  url: string,
  signature: string | undefined,
  atMs: number | undefined,
  signal: AbortSignal,
): Promise<void> {
  const observed = observedUrls('useSyncedQuery').get(url)
  // What is stored is shown at once. And what is being read may be from before the endpoint was.
  if (observed.isBeingRead) await observed.read()
  if (signal.aborted) return
  if (signature !== undefined && known.get(observed) === signature && observed.state.data !== undefined) {
    if (atMs !== undefined) observed.confirm(atMs)
    return
  }
  if (signature !== undefined && awaited.get(observed) === signature) return
  if (signature !== undefined) awaited.set(observed, signature)
  known.delete(observed)
  await observed.refresh()
  awaited.delete(observed)
  const { data, error, isOffline } = knownState(url) ?? {}
  const isRead = data !== undefined && error === undefined && isOffline === false
  if (signature !== undefined && isRead) known.set(observed, signature)
}

/** Equal for equal versions, in whatever order the endpoint names them. */
function signatureOf(body: unknown, entity: string | undefined): string {
  const versions = parseVersions(body, entity)
  if (versions === undefined) {
    throw new TypeError(
      `freshlayer: \`timestamps\` says no version${entity === undefined ? '' : ` of ${entity}`}: it has to be a text, a number, or a list of { id, updatedAt }`,
    )
  }
  return typeof versions === 'string' ? versions : itemsText(versions)
}
