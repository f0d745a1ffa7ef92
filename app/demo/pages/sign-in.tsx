import { useState, type JSX, type SubmitEvent } from 'react'
import { useLocation, useNavigate } from 'react-router'
import { getJson } from '../api.ts'
import { messageOf } from '../api-error.ts'
import type { Preferences } from '../resources/me.ts'
import { signIn } from '../session.ts'
import type { SessionMode } from '../session-bootstrap.ts'
import { Brand } from '../ui/brand.tsx'
import { TextField } from '../ui/field.tsx'

const demoUsers = [
  { name: 'Ada Byron', role: 'manager', email: 'ada@corner.example', password: 'ada' },
  { name: 'Grace Hopper', role: 'clerk', email: 'grace@corner.example', password: 'grace' },
] as const

/** Shown at every URL while no user is signed in, so that a deep link still works after the sign-in. */
export function SignIn({ notice }: { readonly notice: string | undefined }): JSX.Element {
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [mode, setMode] = useState<SessionMode>('cookie')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(undefined)
  const openStartPage = useOpenStartPage()

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    setBusy(true)
    setError(undefined)
    try {
      await signIn(email, password, mode, openStartPage)
    } catch (cause) {
      setError(cause)
      setBusy(false)
    }
  }

  return (
    <main className="sign-in">
      <title>Sign in · Corner Supply Co.</title>
      <div className="sign-in-card">
        <Brand subtitle="Back office" />
        <h1>Sign in</h1>
        {notice !== undefined && (
          <p className="inline-notice" role="status">
            {notice}
          </p>
        )}
        <form onSubmit={(event) => void submit(event)}>
          <TextField
            label="Email"
            type="email"
            autoComplete="username"
            required
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
          <TextField
            label="Password"
            type="password"
            autoComplete="current-password"
            required
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
          <fieldset className="segments">
            <legend>Stay signed in by</legend>
            <Segment
              name="mode"
              label="Session cookie"
              checked={mode === 'cookie'}
              onChoose={() => setMode('cookie')}
            />
            <Segment name="mode" label="Bearer token" checked={mode === 'bearer'} onChoose={() => setMode('bearer')} />
          </fieldset>
          {error !== undefined && (
            <p className="form-error" role="alert">
              {messageOf(error)}
            </p>
          )}
          <button type="submit" className="button button-primary button-wide" disabled={busy}>
            {busy ? 'Signing in…' : 'Sign in'}
          </button>
        </form>
        <div className="sign-in-hints" role="group" aria-label="Demo users">
          <p>This is a demo. Fill in as</p>
          {demoUsers.map((user) => (
            <button
              key={user.email}
              type="button"
              className="hint-button"
              onClick={() => {
                setEmail(user.email)
                setPassword(user.password)
              }}
            >
              <strong>{user.name}</strong>
              <small>{user.role}</small>
            </button>
          ))}
        </div>
      </div>
    </main>
  )
}

function Segment({
  name,
  label,
  checked,
  onChoose,
}: {
  readonly name: string
  readonly label: string
  readonly checked: boolean
  readonly onChoose: () => void
}): JSX.Element {
  return (
    <label className="segment">
      <input type="radio" name={name} checked={checked} onChange={onChoose} />
      <span>{label}</span>
    </label>
  )
}

/** Opens the page the user starts with, unless the address already names one. */
function useOpenStartPage(): () => Promise<void> {
  const navigate = useNavigate()
  const { pathname } = useLocation()
  return async () => {
    if (pathname !== '/') return
    try {
      const { startPage } = await getJson<Preferences>('/api/me/preferences')
      if (startPage !== '/') await navigate(startPage, { replace: true })
    } catch {
      // The dashboard is a start page too.
    }
  }
}
