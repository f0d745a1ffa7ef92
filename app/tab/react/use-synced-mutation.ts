import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { bodyOf } from '../answer-body.ts'
import { AnswerError } from '../answer-error.ts'
import { mayEndUser } from '../change-feed.ts'
import { tellMessage } from '../messages.ts'
import type { Show } from '../optimistic-changes.ts'
import { attempt } from '../report.ts'
import { makeShownWrite, type Outcome } from '../shown-write.ts'
import { followLayer } from './follow-layer.ts'
import { parsed } from './parsed.ts'

export interface MutationOptions<T, I> {
  /**
   * What the write invalidates beside what the rules say of it: tags, URLs and patterns, as `invalidates` of the rules has
   * them, or a function of the answer and the input. Told to the layer when the write has succeeded, and, where it is no
   * function, when its outcome is not known. Default: what the rules say.
   * @example (product) => ['products', `/api/categories/${product.categoryId}`]
   */
  readonly invalidates?: readonly string[] | ((answer: T, input: I) => readonly string[])
  /**
   * Shows at once what the write will change. Each change makes a new value of what is shown. It is taken back if the write
   * fails, and replaced by what is read after it. Default: nothing is shown before it is read.
   * @example (show, input) => show<Product[]>('/api/products', (before = []) => [...before, input])
   */
  readonly optimistic?: (show: Show, input: I) => void
  /** What `onMessage` shows when the write has succeeded. Default: nothing. */
  readonly successMessage?: string | ((answer: T, input: I) => string)
  /** Called when the write has succeeded, also where the component is gone by then. */
  readonly onSuccess?: (answer: T, input: I) => void
  /** Called when it has failed: an `AnswerError` where the origin answered with an error, else what `fetch` threw. */
  readonly onError?: (error: Error, input: I) => void
  /** Makes the request, where the app's requests carry something of their own. Default: `fetch`. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>
  /** The request's body. Default: the input as JSON; none with `DELETE`, and where there is no input. */
  readonly body?: (input: I) => BodyInit | null
  /** Makes of the answer's body what the app works with. What it throws is the error. Default: the body as it is. */
  readonly parse?: (body: unknown) => T
}

interface Ended<T> {
  /** Why the last write has failed. */
  readonly error: Error | undefined
  /** The answer to the last write that has succeeded: of JSON the value, else the text. */
  readonly data: T | undefined
  /** What `successMessage` says of it. */
  readonly message: string | undefined
}

export interface Mutation<T, I> extends Ended<T> {
  /** Makes the write. What goes wrong is in `error`. */
  readonly mutate: (input: I) => void
  /** Makes the write, and gives its answer. Rejects where it fails. */
  readonly mutateAsync: (input: I) => Promise<T>
  /** A write of this component is on its way. */
  readonly isPending: boolean
  /** Forgets how the last write has ended. */
  readonly reset: () => void
}

const HOOK = 'useSyncedMutation'

const NOTHING: Ended<never> = { error: undefined, data: undefined, message: undefined }

/**
 * A write of the app. What it changes can be shown at once; what the rules and `invalidates` name is read anew in every tab.
 * Writes may overlap: `data`, `error` and `message` are of the one that was begun last.
 *
 * @example
 * const { mutate, isPending } = useSyncedMutation<Product, ProductInput>('POST', '/api/products', {
 *   successMessage: ({ name }) => `${name} was created`,
 * })
 */
export function useSyncedMutation<T = unknown, I = void>(
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  url: string | ((input: I) => string),
  options: MutationOptions<T, I> = {},
): Mutation<T, I> {
  const newest = useRef({ method, url, options })
  useEffect(() => {
    newest.current = { method, url, options }
  })
  const [ended, setEnded] = useState<Ended<T>>(NOTHING)
  const [pending, setPending] = useState(0)
  const begun = useRef(0)
  const reset = useCallback(() => {
    begun.current++
    setEnded(NOTHING)
  }, [])
  // What the page shows is of the user before.
  useEffect(() => followLayer((layer) => layer.on('change', (change) => mayEndUser(change) && reset())), [reset])
  const mutateAsync = useCallback(async (input: I): Promise<T> => {
    // What the component says when the write begins holds to its end.
    const { options: said, ...request } = newest.current
    const turn = ++begun.current
    setEnded(NOTHING)
    setPending((count) => count + 1)
    const { invalidates = [] } = said
    try {
      const outcome: Outcome<T> = await makeShownWrite<T>(HOOK, {
        optimistic: (show) => said.optimistic?.(show, input),
        write: () => send(request, input, said),
        invalidates: (answer) =>
          typeof invalidates !== 'function' ? invalidates : answer ? invalidates(answer.data, input) : [],
      }).catch((error: Error) => ({ error, isUserGone: false }))
      const next = outcome.isUserGone ? NOTHING : tell(outcome, input, said)
      if (turn === begun.current) setEnded(next)
      if ('error' in outcome) throw outcome.error
      return outcome.data
    } finally {
      setPending((count) => count - 1)
    }
  }, [])
  const mutate = useCallback((input: I) => void mutateAsync(input).catch(() => undefined), [mutateAsync])
  return useMemo(
    () => ({ ...ended, mutate, mutateAsync, isPending: pending > 0, reset }),
    [ended, mutate, mutateAsync, pending, reset],
  )
}

/** Tells the app how the write has ended. */
function tell<T, I>(
  outcome: { readonly data: T } | { readonly error: Error },
  input: I,
  { successMessage, onSuccess, onError }: MutationOptions<T, I>,
): Ended<T> {
  if ('error' in outcome) {
    attempt(() => onError?.(outcome.error, input))
    return { ...NOTHING, error: outcome.error }
  }
  const { data } = outcome
  const message = attempt(() => (typeof successMessage === 'function' ? successMessage(data, input) : successMessage))
  if (message !== undefined) tellMessage(message)
  attempt(() => onSuccess?.(data, input))
  return { ...NOTHING, data, message }
}

interface Request<I> {
  readonly method: string
  readonly url: string | ((input: I) => string)
}

async function send<T, I>(
  { method, url: given }: Request<I>,
  input: I,
  { fetch = globalThis.fetch, body, parse }: MutationOptions<T, I>,
): Promise<T> {
  const url = typeof given === 'function' ? given(input) : given
  const isJson = body === undefined && input !== undefined && method !== 'DELETE'
  const response = await fetch(url, {
    method,
    ...(body && { body: body(input) }),
    ...(isJson && { body: JSON.stringify(input), headers: { 'content-type': 'application/json' } }),
  })
  const answer = bodyOf(response, await response.text())
  if (!response.ok) throw new AnswerError(url, response, answer)
  return parsed(answer, parse)
}
