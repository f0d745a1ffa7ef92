/** A part of the report's page. */
export interface Section {
  readonly heading: string
  /** A sentence under the heading. Default: none. */
  readonly text?: string | undefined
  /** Columns whose cells are numbers are set to the right. */
  readonly table?: { readonly head: readonly string[]; readonly rows: readonly (readonly (string | number)[])[] }
  /** Source, such as the proposed rules. */
  readonly source?: string
}

interface Page {
  /** The app's address, or its folder. */
  readonly app: string
  readonly mode: 'recording' | 'rules'
  readonly figures: readonly { readonly value: string; readonly name: string }[]
  readonly notices: readonly string[]
  readonly sections: readonly Section[]
}

/** The report as a document of its own, which brings itself up to date while it is in sight. */
export function reportPage(page: Page): string {
  const { app, mode } = page
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Freshlayer: ${escaped(app)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
<header><p class="mode">${mode === 'recording' ? 'Recording' : 'Trying rules'}</p><h1>${escaped(app)}</h1></header>
<main>${content(page)}</main>
<footer>Ends with Ctrl-C in the terminal, which prints this there. The same as JSON: <a href="report.json">report.json</a></footer>
<script type="module" src="report.js"></script>
</html>
`
}

const content = ({ figures, notices, sections }: Page): string =>
  [
    `<dl class="figures">${figures.map(({ value, name }) => `<div><dt>${escaped(name)}</dt><dd>${escaped(value)}</dd></div>`).join('')}</dl>`,
    ...notices.map((line) => `<p class="notice">${escaped(line)}</p>`),
    ...sections.map(section),
  ].join('\n')

const section = ({ heading, text, table, source }: Section): string =>
  `<section><h2>${escaped(heading)}</h2>${text === undefined ? '' : `<p>${escaped(text)}</p>`}${table === undefined ? '' : tableOf(table)}${source === undefined ? '' : `<pre tabindex="0">${escaped(source)}</pre>`}</section>`

function tableOf({ head, rows }: NonNullable<Section['table']>): string {
  const names = head.map((name) => `<th scope="col">${escaped(name)}</th>`).join('')
  const lines = rows.map((row) => {
    const cells = row.map((cell, index) =>
      typeof cell === 'number'
        ? `<td class="number" data-name="${escaped(head[index] ?? '')}">${cell.toLocaleString('en')}</td>`
        : `<td data-name="${escaped(head[index] ?? '')}">${index === 0 ? `<code>${escaped(cell)}</code>` : escaped(cell)}</td>`,
    )
    return `<tr>${cells.join('')}</tr>`
  })
  return `<table><thead><tr>${names}</tr></thead><tbody>${lines.join('\n')}</tbody></table>`
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

/** Takes the newest state of the page without a jump: nothing changes while the user has text selected. */
export const REPORT_SCRIPT = `
const EVERY_MS = 3000
const update = async () => {
  if (document.hidden || !getSelection().isCollapsed) return
  const answer = await fetch(location.pathname, { cache: 'no-store', headers: { accept: 'text/event-stream' } }).catch(() => undefined)
  document.body.classList.toggle('ended', answer === undefined)
  if (!answer?.ok) return
  const next = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('main')
  const main = document.querySelector('main')
  if (next !== null && next.innerHTML !== main.innerHTML) main.replaceWith(next)
}
setInterval(update, EVERY_MS)
document.addEventListener('visibilitychange', update)
`

const STYLE = `
:root { color-scheme: light dark; --ink: #17211d; --quiet: #5a6861; --paper: #fbfbf9; --line: #dfe3de; --mark: #0d7a52; --warn: #8a5a00; --wash: #f0f3ef }
@media (prefers-color-scheme: dark) { :root { --ink: #e9ede9; --quiet: #9dada5; --paper: #121815; --line: #2b3530; --mark: #5fd3a3; --warn: #e9bd62; --wash: #1a221e } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 1080px; padding: 32px 24px 64px; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif }
h1 { margin: 0; font-size: 26px; line-height: 1.2; letter-spacing: -.01em; overflow-wrap: anywhere }
h2 { margin: 40px 0 4px; font-size: 17px }
p { margin: 4px 0 12px; max-width: 70ch }
section > p, footer { color: var(--quiet) }
.mode { margin: 0 0 2px; color: var(--mark); font-weight: 600 }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(120px, 1fr)); gap: 1px; margin: 24px 0; background: var(--line); border: 1px solid var(--line); border-radius: 10px; overflow: hidden }
.figures div { display: flex; flex-direction: column-reverse; justify-content: flex-end; background: var(--paper); padding: 12px 16px }
.figures dd { margin: 0; font-size: 24px; font-weight: 600; font-variant-numeric: tabular-nums; line-height: 1.2 }
.figures dt { color: var(--quiet); font-size: 13px }
.notice { color: var(--warn); border-left: 3px solid; padding-left: 12px }
table { width: 100%; border-collapse: collapse; margin: 8px 0 }
th { text-align: left; font-size: 13px; font-weight: 500; color: var(--quiet) }
th, td { padding: 8px 12px 8px 0; border-bottom: 1px solid var(--line); vertical-align: top }
td code { overflow-wrap: anywhere }
.number, th:has(+ th) { font-variant-numeric: tabular-nums }
code, pre { font: 13px/1.55 ui-monospace, 'SF Mono', Menlo, Consolas, monospace }
pre { overflow-x: auto; background: var(--wash); border-radius: 10px; padding: 16px; margin: 8px 0 }
a { color: var(--mark) }
footer { margin-top: 48px; font-size: 13px }
body.ended main { opacity: .5 }
@media (max-width: 640px) {
  body { padding: 20px 16px 72px }
  thead { display: none }
  tr { display: grid; grid-template-columns: 1fr 1fr; gap: 2px 12px; padding: 10px 0; border-bottom: 1px solid var(--line) }
  td { display: block; padding: 0; border: 0 }
  td:empty { display: none }
  td:first-child { grid-column: 1 / -1; font-weight: 600 }
  td:not(:first-child)::before { content: attr(data-name) ': '; color: var(--quiet) }
  .figures { grid-template-columns: 1fr 1fr }
}
`
