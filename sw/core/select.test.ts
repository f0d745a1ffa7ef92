import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fieldsOf, requestHead } from './heads.fixture.ts'
import type { Row } from './row.ts'
import { selected } from './select.ts'
import { sequence } from './sequence.ts'
import { storedRow } from './stored-row.fixture.ts'
import { variantOf, varyNames } from './vary.ts'

/** A row as it is stored for a request with these fields and this counter. */
function stored(fields: Record<string, string>, asked: Record<string, string>, at: number): Row {
  const names = varyNames(fieldsOf(fields))
  const variant = names === 'unknowable' ? '' : variantOf(names, fieldsOf(asked))
  return storedRow(fields, { variant, sequence: sequence(1, at) })
}

const PLAIN = stored({}, {}, 1)
const GERMAN = stored({ vary: 'accept-language' }, { 'accept-language': 'de' }, 2)
const FRENCH = stored({ vary: 'Accept-Language' }, { 'accept-language': 'fr' }, 3)
const ANY_LANGUAGE = stored({ vary: 'accept-language' }, {}, 4)
const OF_TENANT = stored({ vary: 'x-tenant' }, { 'x-tenant': '7' }, 5)

describe('the stored answer that is selected (RFC 9111 §4.1)', () => {
  it.each<[rule: string, rows: Row[], asked: Record<string, string>, answer: Row | undefined]>([
    ['is none when nothing is stored', [], {}, undefined],
    ['is the one that varies on nothing', [PLAIN], { 'accept-language': 'de' }, PLAIN],
    ['has the request’s value of what it varies on', [GERMAN, FRENCH], { 'accept-language': 'fr' }, FRENCH],
    ['has it in another spelling', [GERMAN], { 'accept-language': ' DE ' }, GERMAN],
    ['is none where all have other values', [GERMAN, FRENCH], { 'accept-language': 'it' }, undefined],
    ['is none where only the request lacks the field', [GERMAN], {}, undefined],
    ['is none where only the request has the field', [ANY_LANGUAGE], { 'accept-language': 'de' }, undefined],
    ['is the one that was asked for without the field, too', [GERMAN, ANY_LANGUAGE], {}, ANY_LANGUAGE],
    [
      'was asked for last, though an earlier one says what it varies on',
      [GERMAN, { ...PLAIN, sequence: sequence(1, 9) }],
      { 'accept-language': 'de' },
      { ...PLAIN, sequence: sequence(1, 9) },
    ],
    ['was asked for last, though a later one of another variant is there', [PLAIN, GERMAN, FRENCH], {}, PLAIN],
    ['is the one that does not where no other fits', [GERMAN, PLAIN], { 'accept-language': 'it' }, PLAIN],
    [
      'was asked for last, of several that vary on different fields',
      [GERMAN, OF_TENANT],
      { 'accept-language': 'de', 'x-tenant': '7' },
      OF_TENANT,
    ],
    [
      'was asked for last, in whichever order they stand',
      [OF_TENANT, GERMAN],
      { 'accept-language': 'de', 'x-tenant': '7' },
      OF_TENANT,
    ],
    ['is compared by its own list alone', [OF_TENANT], { 'accept-language': 'de', 'x-tenant': '7' }, OF_TENANT],
    ['is none that varies on a field the worker cannot see', [stored({ vary: '*' }, {}, 9)], {}, undefined],
    [
      'is not one that varies on a field the worker cannot see',
      [stored({ vary: 'sec-ch-ua' }, {}, 9), PLAIN],
      {},
      PLAIN,
    ],
  ])('%s', (_, rows, asked, answer) => {
    expect(selected(rows, requestHead(asked))).toEqual(answer)
  })

  const asked = fc.record(
    { 'accept-language': fc.constantFrom('de', 'fr', 'DE'), 'x-tenant': fc.constantFrom('1', '2') },
    { requiredKeys: [] },
  )
  const vary = fc.constantFrom(
    {},
    { vary: 'accept-language' },
    { vary: 'x-tenant' },
    { vary: 'x-tenant, accept-language' },
  )
  const rows = fc
    .array(fc.tuple(vary, asked), { maxLength: 6 })
    .map((all) => all.map(([fields, given], at) => stored(fields, given, at)))

  it('would be found by the request that brought it', () => {
    fc.assert(
      fc.property(rows, vary, asked, (others, fields, given) => {
        const row = stored(fields, given, 100)
        expect(selected([...others, row], requestHead(given))).toBe(row)
      }),
    )
  })

  it('is the same in any order of the stored rows', () => {
    fc.assert(
      fc.property(rows, asked, (all, given) => {
        expect(selected(all.toReversed(), requestHead(given))).toBe(selected(all, requestHead(given)))
      }),
    )
  })
})
