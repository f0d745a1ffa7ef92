/** The origin has answered a read with an error, as `fetch` itself would not say. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError'
  readonly url: string
  readonly status: number
  /** The answer's body: of JSON the value, else the text. */
  readonly body: unknown

  constructor(url: string, { status, statusText }: Pick<Response, 'status' | 'statusText'>, body: unknown) {
    super(`${url} was answered with ${status}${statusText && ` ${statusText}`}`)
    this.url = url
    this.status = status
    this.body = body
  }
}
