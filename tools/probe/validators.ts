import { entityTag, isStrong, weakMatch } from '../../sw/core/entity-tag.ts'
import { type Answers, type Asker, isSteady } from './answers.ts'
import type { Exchange } from './exchange.ts'
import { type Finding, hint, warning } from './finding.ts'

/** Whether an unchanged answer costs a 304, or the whole. */
export function validated(answers: Answers, { rule }: Asker): Finding[] {
  const { plain, again, uncoded } = answers
  const [tag, modified] = [entityTag(plain.fields.get('etag')), plain.fields.get('last-modified')]
  const given = plain.fields.get('etag')
  const findings: Finding[] = []
  if (given !== undefined && tag === undefined)
    findings.push(
      warning(
        'etag-invalid',
        `sends \`ETag: ${given}\`, which is not in quotes and cannot be compared. Send \`"…"\` (RFC 9110 §8.8.3).`,
      ),
    )
  else if (tag === undefined && modified === undefined) {
    if (rule !== undefined)
      findings.push(
        hint(
          'no-validator',
          'sends no ETag and no Last-Modified: each validation brings the whole answer. Let the backend send an ETag, and answer If-None-Match with 304.',
        ),
      )
  } else if (again !== undefined && again.status === 200) {
    const said = entityTag(again.fields.get('etag'))
    const asked = tag === undefined ? 'If-Modified-Since' : 'If-None-Match'
    if (again.digest === plain.digest && tag !== undefined && said !== undefined && !weakMatch(said, tag))
      findings.push(
        warning(
          'etag-changes',
          `sends another ETag for the same body (${tag}, then ${said}), so it never answers 304. Make it of the content, the same in each process.`,
        ),
      )
    else if (again.digest === plain.digest)
      findings.push(
        warning(
          'not-honoured',
          `answers ${asked} with 200 and the same body, not with 304${coding(plain)}. Let the backend compare ${tag === undefined ? 'the dates' : 'tags weakly, without `W/` and what a proxy adds'}.`,
        ),
      )
    else
      findings.push(
        hint(
          'changing',
          'differs at each request. Leave out what changes without a change of data (a time, a nonce), or an answer is never unchanged.',
        ),
      )
  }
  const plainTag = entityTag(uncoded?.fields.get('etag'))
  if (tag !== undefined && plainTag !== undefined && plainTag !== tag && weakMatch(tag, plainTag) && isStrong(plainTag))
    findings.push(
      hint(
        'etag-weak',
        `its ETag is weak because of \`Content-Encoding: ${plain.fields.get('content-encoding')}\` (${plainTag} without). ${again?.status === 304 ? 'It is answered with 304 all the same.' : 'The backend has to compare weakly, or the proxy to leave compression to it.'}`,
      ),
    )
  if (tag !== undefined && plainTag !== undefined && !weakMatch(tag, plainTag) && isSteady(answers))
    findings.push(
      hint(
        'etag-suffix',
        `a proxy that compresses changes its ETag (${plainTag} to ${tag})${again?.status === 304 ? ', and it is answered with 304 all the same' : ': Apache leaves it by `DeflateAlterETag NoChange`'}.`,
      ),
    )
  return findings
}

const coding = ({ fields }: Exchange): string => {
  const name = fields.get('content-encoding')
  return name === undefined ? '' : ` (it comes as ${name}: a proxy that compresses may have changed the tag)`
}
