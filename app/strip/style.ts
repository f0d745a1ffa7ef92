/** The strip's own style: nothing of the page reaches it, and it moves nothing of the page. */
export const STYLE = `
:host {
  all: initial;
  position: fixed;
  z-index: 2147483647;
  inset: auto auto 12px 12px;
  max-width: calc(100vw - 24px);
  font: 500 13px/1.35 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif;
  color: #f4f5f2;
  pointer-events: none;
}
@media print { :host { display: none } }
* { box-sizing: border-box; margin: 0; font: inherit; color: inherit }
.bar, .notice { pointer-events: auto; background: #16201cf2; box-shadow: 0 1px 2px #0004, 0 6px 20px #0003 }
.bar { display: flex; align-items: center; gap: 10px; width: fit-content; max-width: 100%; border-radius: 10px; padding: 0 0 0 12px; min-height: 40px }
.dot { flex: none; width: 8px; height: 8px; border-radius: 50%; background: #e0a526 }
.bar[data-tone=on] .dot { background: #41c98a }
.bar[data-tone=away] .dot, .bar[data-tone=off] .dot { background: #f0705c }
.state { white-space: nowrap }
.state::first-letter { text-transform: uppercase }
.counts { color: #c4cdc7; font-variant-numeric: tabular-nums }
a { flex: none; color: #9fe3c2; text-underline-offset: 3px; padding: 10px 2px }
button { flex: none; border: 0; border-left: 1px solid #fff2; background: none; min-width: 40px; min-height: 40px; font-size: 18px; line-height: 1; color: #c4cdc7; cursor: pointer }
button:hover, a:hover { color: #fff }
a:focus-visible, button:focus-visible { outline: 2px solid #9fe3c2; outline-offset: -3px; border-radius: 8px }
.notice { margin-top: 6px; border-radius: 10px; padding: 9px 12px; max-width: 460px; color: #f6dca4; font-weight: 400 }
[hidden] { display: none }
`
