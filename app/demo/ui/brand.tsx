import type { JSX } from 'react'

export function Brand({ subtitle }: { readonly subtitle: string }): JSX.Element {
  return (
    <div className="brand">
      <svg className="brand-mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
        <rect width="32" height="32" rx="7" className="brand-ground" />
        <path d="M8 8h5v11h11v5H8z" className="brand-corner" />
        <rect x="17" y="8" width="7" height="7" rx="1.5" className="brand-parcel" />
      </svg>
      <span className="brand-name">
        Corner Supply Co.
        <small>{subtitle}</small>
      </span>
    </div>
  )
}
