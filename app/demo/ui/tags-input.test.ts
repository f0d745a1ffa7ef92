// @vitest-environment happy-dom
import { act, createElement as h } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { TagsInput } from './tags-input.tsx'

let root: Root
let form: HTMLFormElement

beforeEach(async () => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true)
  form = document.body.appendChild(document.createElement('form'))
  root = createRoot(form)
  const given = { label: 'Tags', name: 'tags', defaultValue: ['local'], suggestions: ['local', 'organic'] }
  await act(async () => root.render(h(TagsInput, given)))
})
afterEach(async () => {
  await act(async () => root.unmount())
  form.remove()
  vi.unstubAllGlobals()
})

const field = (): HTMLInputElement => {
  const found = form.querySelector<HTMLInputElement>('.tags-field')
  if (found === null) throw new Error('there is no field')
  return found
}
const tags = (): unknown[] => new FormData(form).getAll('tags')
const said = (): string => form.querySelector('[role=status]')?.textContent ?? ''

/** As a key at the end of the text does. */
const type = (text: string): Promise<void> =>
  act(async () => {
    const { set } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value') ?? {}
    set?.call(field(), text)
    field().dispatchEvent(new InputEvent('input', { bubbles: true, inputType: 'insertText' }))
  })
const press = (key: string): Promise<void> =>
  act(async () => void field().dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true })))

it('Enter and a comma add what is typed, once each and in lower case, and say so', async () => {
  await type('  Window   Display ')
  await press('Enter')
  expect(tags()).toEqual(['local', 'window display'])
  expect(said()).toBe('window display added')
  await type('gift, LOCAL,gift,')
  expect(tags()).toEqual(['local', 'window display', 'gift'])
  expect(field().value).toBe('')
})

it('Enter in the empty field sends the form, and in a filled one does not', async () => {
  const enter = (): KeyboardEvent => new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true })
  const empty = enter()
  await act(async () => void field().dispatchEvent(empty))
  await type('new')
  const filled = enter()
  await act(async () => void field().dispatchEvent(filled))
  expect([empty.defaultPrevented, filled.defaultPrevented]).toEqual([false, true])
})

it('Backspace in the empty field and the button of a tag take it away, and leave the focus in the field', async () => {
  await type('gift')
  await press('Backspace')
  expect(tags()).toEqual(['local'])
  await press('Enter')
  await press('Backspace')
  expect(tags()).toEqual(['local'])
  expect(said()).toBe('gift removed')
  await act(async () => form.querySelector<HTMLButtonElement>('[aria-label="Remove local"]')?.click())
  expect(tags()).toEqual([])
  expect(document.activeElement).toBe(field())
})

it('what is still typed when the field is left counts', async () => {
  await type('last')
  await act(async () => void field().dispatchEvent(new FocusEvent('focusout', { bubbles: true })))
  expect(tags()).toEqual(['local', 'last'])
})

it('suggests what is not chosen yet', () => {
  expect([...form.querySelectorAll('option')].map(({ value }) => value)).toEqual(['organic'])
})
