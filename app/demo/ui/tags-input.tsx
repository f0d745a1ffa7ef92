import { useId, useRef, useState, type JSX } from 'react'
import { Icon } from './icon.tsx'

/** As the server keeps them. */
const clean = (text: string): string => text.trim().replace(/\s+/g, ' ').toLowerCase()

/**
 * A field for any number of short words. Enter or a comma adds what is typed, Backspace in the empty field takes the last one
 * away, and what is still typed when the field is left counts as well. The form gets each under `name`.
 */
export function TagsInput({
  label,
  name,
  defaultValue = [],
  suggestions,
  error,
}: {
  readonly label: string
  readonly name: string
  readonly defaultValue?: readonly string[] | undefined
  /** What may be meant; anything else may be typed as well. */
  readonly suggestions: readonly string[]
  readonly error?: string | undefined
}): JSX.Element {
  const id = useId()
  const field = useRef<HTMLInputElement>(null)
  const [tags, setTags] = useState(defaultValue)
  const [typed, setTyped] = useState('')
  const [said, setSaid] = useState('')

  const add = (text: string): void => {
    const added = text
      .split(',')
      .map(clean)
      .filter((tag, index, all) => tag !== '' && !tags.includes(tag) && all.indexOf(tag) === index)
    setTyped('')
    if (added.length === 0) return
    setTags([...tags, ...added])
    setSaid(`${added.join(', ')} added`)
  }
  const remove = (tag: string): void => {
    setTags(tags.filter((each) => each !== tag))
    setSaid(`${tag} removed`)
    field.current?.focus()
  }

  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="input tags-input" onClick={() => field.current?.focus()}>
        {tags.length > 0 && (
          <ul className="tags" aria-label={`${label} chosen`}>
            {tags.map((tag) => (
              <li key={tag} className="tag">
                {tag}
                <button type="button" className="tag-remove" aria-label={`Remove ${tag}`} onClick={() => remove(tag)}>
                  <Icon name="close" />
                </button>
                <input type="hidden" name={name} value={tag} />
              </li>
            ))}
          </ul>
        )}
        <input
          ref={field}
          id={id}
          className="tags-field"
          list={`${id}-suggestions`}
          maxLength={200}
          autoComplete="off"
          autoCapitalize="none"
          enterKeyHint="done"
          placeholder={tags.length === 0 ? 'Add a tag' : ''}
          aria-describedby={`${id}-${error === undefined ? 'hint' : 'error'}`}
          aria-invalid={error !== undefined || undefined}
          value={typed}
          onChange={({ target, nativeEvent }) => {
            // A suggestion that was chosen is whole; so is what ends with a comma.
            const isChosen = !('inputType' in nativeEvent) || nativeEvent.inputType === 'insertReplacementText'
            if (isChosen || target.value.includes(',')) add(target.value)
            else setTyped(target.value)
          }}
          onKeyDown={(event) => {
            const { key, nativeEvent } = event
            if (nativeEvent.isComposing) return
            if (key === 'Enter' && typed.trim() !== '') {
              event.preventDefault()
              add(typed)
            }
            const last = tags.at(-1)
            if (key === 'Backspace' && typed === '' && last !== undefined) remove(last)
          }}
          onBlur={() => add(typed)}
        />
        <datalist id={`${id}-suggestions`}>
          {suggestions
            .filter((tag) => !tags.includes(tag))
            .map((tag) => (
              <option key={tag} value={tag} />
            ))}
        </datalist>
      </div>
      {error === undefined ? (
        <p className="field-hint" id={`${id}-hint`}>
          Enter or a comma adds a tag.
        </p>
      ) : (
        <p className="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
      <span className="visually-hidden" role="status">
        {said}
      </span>
    </div>
  )
}

/** Tags that are only shown. */
export function Tags({
  tags,
  children,
}: {
  readonly tags: readonly string[]
  readonly children: (tag: string) => JSX.Element
}): JSX.Element {
  return (
    <ul className="tags" aria-label="Tags">
      {tags.map((tag) => (
        <li key={tag} className="tag">
          {children(tag)}
        </li>
      ))}
    </ul>
  )
}
