import { SyncProblem } from '../sync/answers.ts'

/**
 * An error by which a handler of `idempotency`, or a `write` of `POST /sync`, says that it does not do what is asked. It takes back what
 * has been written, and the client gets it as problem+json.
 *
 * @param status 400 to 499.
 * @param members further members of the problem.
 * @see RFC 9457
 */
export const refusal = (status: number, detail: string, members: Readonly<Record<string, unknown>> = {}): Error =>
  new SyncProblem(status, detail, members)
