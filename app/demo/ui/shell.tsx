import { useEffect, useRef, useState, type JSX } from 'react'
import { Link, Outlet, useLocation } from 'react-router'
import { usePreferences } from '../resources/me.ts'
import { useSettings } from '../resources/shop.ts'
import { confirmSession, signOut } from '../session.ts'
import type { User } from '../session-bootstrap.ts'
import { BellButton, BellNews, useBell } from './bell.tsx'
import { Brand } from './brand.tsx'
import { Icon } from './icon.tsx'
import { NavigationLink, NavigationSections, shortcuts } from './navigation.tsx'
import { PageFailure } from './page-failure.tsx'
import { ProductSearch } from './product-search.tsx'

const ASK_AGAIN_MS = 15_000

/** The frame around every page of a signed-in user. */
export function Shell({ user, confirmed }: { readonly user: User; readonly confirmed: boolean }): JSX.Element {
  const { pathname } = useLocation()
  const main = useFocusAfterNavigation(pathname)
  const menu = useRef<HTMLDialogElement>(null)
  const shopName = useSettings().data?.shopName
  useDensity()
  const bell = useBell(user.id)
  const [isSearching, setIsSearching] = useState(false)
  const closeMenu = (): void => menu.current?.close()

  return (
    <div className="shell">
      <a className="skip-link" href="#main">
        Skip to content
      </a>
      <div className="sidebar">
        <Brand subtitle={shopName === 'Corner Supply Co.' ? 'Back office' : (shopName ?? 'Back office')} />
        <div className="sidebar-tools">
          <button type="button" className="nav-link finder-opener" onClick={() => setIsSearching(true)}>
            <Icon name="search" />
            <span>Find a product</span>
          </button>
          <BellButton bell={bell} />
        </div>
        <nav className="sidebar-nav" aria-label="Main">
          <NavigationSections />
        </nav>
        <Account user={user} />
      </div>
      <header className="topbar">
        <Brand subtitle="Back office" />
        <button type="button" className="icon-button" aria-label="Find a product" onClick={() => setIsSearching(true)}>
          <Icon name="search" />
        </button>
        <BellButton bell={bell} />
        <Link className="avatar" to="/preferences" aria-label={`${user.name}, preferences`}>
          {user.initials}
        </Link>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        {!confirmed && <CarryingOn user={user} />}
        <PageFailure key={pathname}>
          <Outlet />
        </PageFailure>
      </main>
      <BellNews bell={bell} />
      {isSearching && <ProductSearch onClose={() => setIsSearching(false)} />}
      <nav className="tabbar" aria-label="Shortcuts">
        {shortcuts.map((destination) => (
          <NavigationLink key={destination.to} destination={destination} />
        ))}
        <button type="button" className="nav-link" onClick={() => menu.current?.showModal()}>
          <Icon name="menu" />
          <span>More</span>
        </button>
      </nav>
      <dialog ref={menu} className="drawer" aria-label="All pages">
        <button type="button" className="icon-button drawer-close" aria-label="Close menu" onClick={closeMenu}>
          <Icon name="close" />
        </button>
        <nav aria-label="All pages">
          <NavigationSections onFollow={closeMenu} />
        </nav>
        <Account user={user} onFollow={closeMenu} />
      </dialog>
    </div>
  )
}

function Account({ user, onFollow }: { readonly user: User; readonly onFollow?: () => void }): JSX.Element {
  const [leaving, setLeaving] = useState(false)
  return (
    <div className="account">
      <Link className="account-user" to="/preferences" title="Preferences" onClick={onFollow}>
        <span className="avatar" aria-hidden="true">
          {user.initials}
        </span>
        <span className="account-name">
          {user.name}
          <small>{user.role}</small>
        </span>
      </Link>
      <button
        type="button"
        className="icon-button"
        aria-label="Sign out"
        title="Sign out"
        disabled={leaving}
        onClick={() => {
          setLeaving(true)
          void signOut()
        }}
      >
        <Icon name="out" />
      </button>
    </div>
  )
}

/** Shows that the server has not confirmed the user, and asks it again while the page is visible. */
function CarryingOn({ user }: { readonly user: User }): JSX.Element {
  useEffect(() => {
    const ask = (): void => {
      if (document.visibilityState === 'visible') confirmSession()
    }
    const timer = setInterval(ask, ASK_AGAIN_MS)
    window.addEventListener('online', ask)
    document.addEventListener('visibilitychange', ask)
    return () => {
      clearInterval(timer)
      window.removeEventListener('online', ask)
      document.removeEventListener('visibilitychange', ask)
    }
  }, [])
  return (
    <p className="inline-notice" role="status">
      <Icon name="away" />
      <span>
        The server cannot be reached. You are carrying on as {user.name}. Sales and stock corrections wait on this
        device; other changes cannot be saved until it is back.
      </span>
    </p>
  )
}

/** A new page starts at its top, and the next Tab key press starts inside it. */
function useFocusAfterNavigation(pathname: string): React.RefObject<HTMLElement | null> {
  const main = useRef<HTMLElement>(null)
  const shown = useRef(pathname)
  useEffect(() => {
    if (shown.current === pathname) return
    shown.current = pathname
    window.scrollTo(0, 0)
    if (main.current?.contains(document.activeElement) !== true) main.current?.focus({ preventScroll: true })
  }, [pathname])
  return main
}

function useDensity(): void {
  const density = usePreferences().data?.density
  useEffect(() => {
    if (density !== undefined) document.documentElement.dataset['density'] = density
  }, [density])
}
