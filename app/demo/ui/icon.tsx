import type { JSX } from 'react'

/** Drawn on a 20 × 20 grid with a 1.5 stroke. */
const paths = {
  home: 'M3 9.2 10 3.5l7 5.7V16a1 1 0 0 1-1 1h-3.5v-4.5h-5V17H4a1 1 0 0 1-1-1z',
  sell: 'M3 4h2l2 8.5h8L17 6.5H6M8 16.2a.3.3 0 1 0 0-.01M14 16.2a.3.3 0 1 0 0-.01',
  products: 'M10 2.8 16.5 6v8L10 17.2 3.5 14V6zM3.5 6l6.5 3.3L16.5 6M10 9.3v7.9',
  categories: 'M3.5 4h5v5h-5zM11.5 4h5v5h-5zM3.5 12h5v4.5h-5zM11.5 12h5v4.5h-5z',
  brands: 'M3.5 4.5v5l7 7 6-6-7-6zM7 7.7a.3.3 0 1 0 0-.01',
  units: 'M2.8 13 13 2.8l4.2 4.2L7 17.2zM10.4 5.4l1.6 1.6M7.9 7.9l2.3 2.3M5.4 10.4 7 12',
  stock: 'M3 6.5 10 3l7 3.5L10 10zM3 10l7 3.5L17 10M3 13.5 10 17l7-3.5',
  purchases: 'M2.5 5h9v8.5h-9zM11.5 8h3.2l2.8 3v2.5h-6M6 15.5a1.4 1.4 0 1 0 0-.01M14.3 15.5a1.4 1.4 0 1 0 0-.01',
  sales: 'M5 2.8h10v14.4l-2.5-1.6L10 17.2l-2.5-1.6L5 17.2zM7.8 6.8h4.4M7.8 10h4.4',
  report: 'M3.5 3.5v13h13M7 13V9.5M10.5 13V6.5M14 13v-5',
  settings: 'M3.5 6h7M14 6h2.5M3.5 14H6M9.5 14h7M12.3 6a1.7 1.7 0 1 0 0-.01M7.7 14a1.7 1.7 0 1 0 0-.01',
  preferences: 'M10 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM4 17c.5-3.2 2.8-5 6-5s5.5 1.8 6 5',
  bell: 'M10 3.2a4.6 4.6 0 0 0-4.6 4.6c0 4.2-1.9 5.7-1.9 5.7h13s-1.9-1.5-1.9-5.7A4.6 4.6 0 0 0 10 3.2zM8.4 16.2a1.8 1.8 0 0 0 3.2 0',
  sync: 'M4 8.5a6.2 6.2 0 0 1 11-2.3M16 3v3.4h-3.4M16 11.5a6.2 6.2 0 0 1-11 2.3M4 17v-3.4h3.4',
  menu: 'M3.5 6h13M3.5 10h13M3.5 14h13',
  search: 'M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM13 13l3.8 3.8',
  refresh: 'M16 6.5V3.2M16 6.5h-3.3M16 6.5A7 7 0 1 0 17 10',
  plus: 'M10 4v12M4 10h12',
  minus: 'M4 10h12',
  close: 'M5 5l10 10M15 5 5 15',
  back: 'M12 4.5 6.5 10l5.5 5.5',
  next: 'M8 4.5 13.5 10 8 15.5',
  edit: 'M4 16l.8-3.3L13.5 4l2.5 2.5-8.7 8.7z',
  trash: 'M4 5.5h12M8 5.5V3.8h4v1.7M5.5 5.5l.7 11h7.6l.7-11',
  away: 'M2.5 2.5l15 15M6 7.5a4 4 0 0 0-.5 8h8M8.5 5.2A4.5 4.5 0 0 1 14.3 9a3.2 3.2 0 0 1 2.4 5',
  alert: 'M10 3.5 17.5 16.5h-15zM10 8.5v3.5M10 14.3v.01',
  out: 'M8 3.5H4v13h4M12 6.5l3.5 3.5-3.5 3.5M15.5 10H8',
} as const

export type IconName = keyof typeof paths

/** A line drawing beside a text that says the same; hidden from assistive technology. */
export function Icon({ name }: { readonly name: IconName }): JSX.Element {
  return (
    <svg className="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  )
}
