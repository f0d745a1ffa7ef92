import { useEffect, useRef, useState, type JSX } from 'react'
import { Icon } from './icon.tsx'

const PAUSE_MS = 250

/** A search box that reports what was typed after a short pause, and at once on Enter. */
export function SearchField({
  label,
  value,
  placeholder,
  onSearch,
}: {
  readonly label: string
  readonly value: string
  readonly placeholder?: string
  readonly onSearch: (text: string) => void
}): JSX.Element {
  const [typed, setTyped] = useState(value)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  // The address can change under the box: by the Back button, or by "Clear filters".
  useEffect(() => setTyped(value), [value])
  useEffect(() => () => clearTimeout(timer.current), [])
  return (
    <form
      className="search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault()
        clearTimeout(timer.current)
        onSearch(typed)
      }}
    >
      <Icon name="search" />
      <input
        className="input"
        type="search"
        aria-label={label}
        placeholder={placeholder ?? label}
        value={typed}
        onChange={(event) => {
          const text = event.target.value
          setTyped(text)
          clearTimeout(timer.current)
          timer.current = setTimeout(() => onSearch(text), PAUSE_MS)
        }}
      />
    </form>
  )
}

/** A labelled choice in a list's filter row. */
export function FilterSelect({
  label,
  value,
  options,
  onChoose,
}: {
  readonly label: string
  readonly value: string
  readonly options: readonly { readonly value: string; readonly label: string }[]
  readonly onChoose: (value: string) => void
}): JSX.Element {
  return (
    <select
      className="input filter"
      aria-label={label}
      value={value}
      onChange={(event) => onChoose(event.target.value)}
    >
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  )
}
