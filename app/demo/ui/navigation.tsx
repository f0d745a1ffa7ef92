import type { JSX } from 'react'
import { NavLink } from 'react-router'
import { Icon, type IconName } from './icon.tsx'

interface Destination {
  readonly to: string
  readonly label: string
  readonly icon: IconName
}

const dashboard: Destination = { to: '/', label: 'Dashboard', icon: 'home' }
const sell: Destination = { to: '/sell', label: 'Point of sale', icon: 'sell' }
const products: Destination = { to: '/products', label: 'Products', icon: 'products' }
const stock: Destination = { to: '/stock', label: 'Stock levels', icon: 'stock' }

/** The destinations, in the order of a day in the shop. */
const sections: readonly { readonly title: string; readonly destinations: readonly Destination[] }[] = [
  { title: 'Today', destinations: [dashboard, sell] },
  {
    title: 'Catalogue',
    destinations: [
      products,
      { to: '/categories', label: 'Categories', icon: 'categories' },
      { to: '/brands', label: 'Brands', icon: 'brands' },
      { to: '/units', label: 'Units', icon: 'units' },
    ],
  },
  { title: 'Supply', destinations: [stock, { to: '/purchases', label: 'Purchases', icon: 'purchases' }] },
  {
    title: 'Business',
    destinations: [
      { to: '/sales', label: 'Sales', icon: 'sales' },
      { to: '/report', label: 'Report', icon: 'report' },
      { to: '/settings', label: 'Settings', icon: 'settings' },
      { to: '/preferences', label: 'Preferences', icon: 'preferences' },
    ],
  },
]

/** The destinations in the bottom bar on a phone. */
export const shortcuts: readonly Destination[] = [
  dashboard,
  { ...sell, label: 'Sell' },
  products,
  { ...stock, label: 'Stock' },
]

/** Start pages that a user may choose, besides the dashboard. */
export const startPages: readonly Destination[] = [dashboard, sell, products, stock]

export function NavigationLink({
  destination,
  onFollow,
}: {
  readonly destination: Destination
  readonly onFollow?: () => void
}): JSX.Element {
  return (
    <NavLink className="nav-link" to={destination.to} end={destination.to === '/'} onClick={onFollow}>
      <Icon name={destination.icon} />
      <span>{destination.label}</span>
    </NavLink>
  )
}

/** All destinations under their titles. */
export function NavigationSections({ onFollow }: { readonly onFollow?: () => void }): JSX.Element {
  return (
    <>
      {sections.map((section) => (
        <div key={section.title} className="nav-section">
          <p className="nav-title">{section.title}</p>
          <ul>
            {section.destinations.map((destination) => (
              <li key={destination.to}>
                <NavigationLink destination={destination} {...(onFollow === undefined ? {} : { onFollow })} />
              </li>
            ))}
          </ul>
        </div>
      ))}
    </>
  )
}
