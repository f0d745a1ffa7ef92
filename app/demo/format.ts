const LOCALE = 'en-GB'

const numbers = new Intl.NumberFormat(LOCALE)
const days = new Intl.DateTimeFormat(LOCALE, { day: 'numeric', month: 'short', year: 'numeric' })
const shortDays = new Intl.DateTimeFormat(LOCALE, { day: 'numeric', month: 'short', timeZone: 'UTC' })
const moments = new Intl.DateTimeFormat(LOCALE, {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
})
const times = new Intl.DateTimeFormat(LOCALE, { hour: '2-digit', minute: '2-digit' })

/** 123456 cents as `$1,234.56`; without a known currency as `1,234.56`, so that nothing wrong is shown meanwhile. */
export function formatMoney(cents: number, currency: string | undefined): string {
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: 2 }
  const amount = cents / 100
  if (currency === undefined || !/^[A-Z]{3}$/.test(currency)) return amount.toLocaleString(LOCALE, digits)
  return amount.toLocaleString(LOCALE, { ...digits, style: 'currency', currency, currencyDisplay: 'narrowSymbol' })
}

/** Cents as the text of an amount field: 1250 is `12.50`. */
export function centsToInput(cents: number): string {
  return (cents / 100).toFixed(2)
}

/** `12.5`, `12,50` and `12` as cents; 'invalid' for anything that is not an amount with at most two decimals. */
export function parseCents(text: string): number | 'invalid' {
  const match = /^(\d{1,9})(?:[.,](\d{1,2}))?$/.exec(text.trim())
  if (match === null) return 'invalid'
  return Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'))
}

export function formatNumber(value: number): string {
  return numbers.format(value)
}

/** A change with its sign, a true minus included: `+5`, `−3`. */
export function formatDelta(value: number): string {
  return value > 0 ? `+${numbers.format(value)}` : numbers.format(value).replace('-', '−')
}

/** An ISO instant as a day in the reader's zone; an unreadable one as a dash. */
export function formatDay(iso: string | null): string {
  return formatWith(days, iso)
}

/** A calendar day, `2025-03-01`, as `1 Mar`, the same in every zone. */
export function formatCalendarDay(day: string): string {
  return formatWith(shortDays, `${day}T00:00:00Z`)
}

export function formatMoment(iso: string | null): string {
  return formatWith(moments, iso)
}

export function formatTime(iso: string | null): string {
  return formatWith(times, iso)
}

/** How long ago, coarsely, from an age in seconds: `just now`, `40 s old`, `2 min old`, `3 h old`, `5 d old`. */
export function formatAge(ageSeconds: number): string {
  if (ageSeconds < 5) return 'just now'
  if (ageSeconds < 60) return `${Math.floor(ageSeconds)} s old`
  if (ageSeconds < 3600) return `${Math.floor(ageSeconds / 60)} min old`
  if (ageSeconds < 86_400) return `${Math.floor(ageSeconds / 3600)} h old`
  return `${Math.floor(ageSeconds / 86_400)} d old`
}

/** The day of an instant as the API counts days, in UTC: `2025-03-01`. */
export function calendarDay(at: Date): string {
  return at.toISOString().slice(0, 10)
}

/** `1 item`, `3 items`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${formatNumber(count)} ${plural(count, one, many)}`
}

/** The noun that goes with a count: `item` with 1, `items` with any other. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return count === 1 ? one : many
}

function formatWith(format: Intl.DateTimeFormat, iso: string | null): string {
  const at = iso === null ? Number.NaN : Date.parse(iso)
  return Number.isNaN(at) ? '–' : format.format(at)
}
