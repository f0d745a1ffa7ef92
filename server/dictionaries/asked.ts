import { DICTIONARY_FIELD } from '../../sw/core/dictionary.ts'

/** What a request says of codings and dictionaries. */
export interface Asked {
  /** The content codings that the client takes, in lower case. */
  readonly codings: ReadonlySet<string>
  /** Whether the layer asks, for a rule with `dictionary`. */
  readonly isMarked: boolean
  /** The SHA-256 of the dictionary that the client has, in base64; undefined: it has none. */
  readonly available: string | undefined
}

export const askedBy = ({ headers }: Request): Asked => ({
  codings: codingsOf(headers.get('accept-encoding')),
  isMarked: headers.has(DICTIONARY_FIELD),
  available: /^:([\w+/]{43}=):$/.exec(headers.get('available-dictionary')?.trim() ?? '')?.[1],
})

/** The codings of `Accept-Encoding` whose weight is not 0. A star counts for none: what it stands for is not known. */
function codingsOf(field: string | null): ReadonlySet<string> {
  const entries = (field ?? '').toLowerCase().split(',')
  return new Set(
    entries.flatMap((entry) => {
      const [coding = '', ...parameters] = entry.split(';').map((part) => part.trim())
      const isRefused = parameters.some((parameter) => /^q\s*=\s*0(?:\.0*)?$/.test(parameter))
      return coding === '' || isRefused ? [] : [coding]
    }),
  )
}
