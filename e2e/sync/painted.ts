import type { Page } from '@playwright/test'

/** One thing that the database knows, as a screen has shown it. */
export interface Fact {
  /** The URL of the API that the screen has it from. */
  readonly from: string
  /** Of what: `price 7`, `categories`. For what the screen calls by its name alone: `stock "Green tea"`. */
  readonly key: string
  /** Cents, pieces, or text; of a list the parts that make it that list. */
  readonly value: string
}

/** What a screen shows, from one paint to the next. */
export interface Paint {
  readonly atMs: number
  /** The page's address, without its origin. */
  readonly path: string
  readonly isHidden: boolean
  /** None while the page is out of sight. */
  readonly facts: readonly Fact[]
}

declare global {
  interface Window {
    paints: Paint[]
  }
}

/** Has each document of the page note what it paints of the database, wherever the demo shows it. */
export async function notePaints(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const whole = (text: string): string => (/[\d,]+/.exec(text)?.[0] ?? '').replaceAll(',', '')
    const cents = (text: string): string =>
      String(Math.round(Number((/[\d,.]+/.exec(text)?.[0] ?? '').replaceAll(',', '')) * 100))
    const textOf = (within: ParentNode, selector: string): string | undefined =>
      within.querySelector(selector)?.textContent?.trim()
    const idIn = (link: Element | null): string | undefined => /\/(\d+)$/.exec(link?.getAttribute('href') ?? '')?.[1]
    let facts: Fact[] = []
    const note = (from: string, key: string, value: string | undefined): void => {
      if (value !== undefined && value !== '') facts.push({ from, key, value })
    }
    /** A list in its order, if the screen shows the first page of all. */
    const noteList = (from: string, key: string, parts: readonly string[]): void => {
      const search = document.querySelector<HTMLInputElement>('main input[type=search]')
      const isFirst = (textOf(document, 'main .pager-page') ?? '1 /').startsWith('1 /')
      const isAll = location.search === '' && (search === null || search.value === '') && isFirst
      const isOld = document.querySelector('main .previous-data') !== null
      if (isAll && !isOld && parts.length > 0) note(from, key, parts.join('|'))
    }
    const lookAtTables = (): void => {
      for (const table of document.querySelectorAll<HTMLTableElement>('main table')) {
        const caption = table.caption?.textContent ?? ''
        const rows = [...table.tBodies].flatMap((body) => [...body.rows])
        const linked = rows.map((row) => ({ row, link: row.querySelector('a.row-link') }))
        const names = linked.map(({ link }) => link?.textContent ?? '')
        const cell = (row: Element, label: string): string => textOf(row, `[data-label="${label}"]`) ?? ''
        if (caption === 'Products') {
          for (const { row, link } of linked) {
            note('/api/products', `price ${idIn(link)}`, cents(cell(row, 'Price')))
            note('/api/products', `stock ${idIn(link)}`, whole(cell(row, 'On hand')))
            note('/api/products', `name ${idIn(link)}`, link?.textContent ?? '')
          }
          noteList('/api/products', 'products 25', names)
        }
        if (caption === 'Stock levels')
          for (const { row, link } of linked) note('/api/stock', `stock ${idIn(link)}`, whole(cell(row, 'On hand')))
        if (caption === 'Purchases') {
          for (const { row, link } of linked)
            note('/api/purchases', `purchase ${link?.textContent}`, cell(row, 'Status').toLowerCase())
          noteList('/api/purchases', 'purchases 25', names)
        }
        if (caption === 'Sales') noteList('/api/sales', 'sales 25', names)
        const heads = rows.map((row) => row.cells[0])
        const isEdited = table.querySelector('tbody input') !== null
        if (['Categories', 'Brands', 'Units'].includes(caption) && !isEdited) {
          const list = caption.toLowerCase()
          noteList(
            `/api/${list}`,
            list,
            heads.map((head) => head?.textContent ?? ''),
          )
        }
      }
    }
    const lookAtTill = (): void => {
      const products = [...document.querySelectorAll('.pos-product')]
      const from = '/api/products?status=active&page=1&pageSize=24'
      for (const product of products) {
        const name = JSON.stringify(textOf(product, '.pos-name'))
        note(from, `price ${name}`, cents(textOf(product, '.pos-price') ?? ''))
        const left = textOf(product, '.pos-stock') ?? ''
        note(from, `stock ${name}`, left === 'Out of stock' ? '0' : whole(left))
      }
      noteList(
        from,
        'active 24',
        products.map((product) => textOf(product, '.pos-name') ?? ''),
      )
      const tax = /^([\d.]+) %/.exec(textOf(document, '.cart-tax') ?? '')?.[1]
      note('/api/settings', 'tax', tax)
      note(
        '/api/settings',
        'tax',
        document.querySelector<HTMLInputElement>('main input[name=taxPercent]')?.defaultValue,
      )
    }
    const lookAtItem = (): void => {
      const product = idIn(document.querySelector('main dd a[href^="/stock/"]'))
      const level = idIn(document.querySelector('main .lead a[href^="/products/"]'))
      const purchase = /^Purchase (P-\d+)$/.exec(textOf(document, 'main h1') ?? '')?.[1]
      for (const fact of document.querySelectorAll('main .fact')) {
        const name = textOf(fact, 'dt')
        const value = textOf(fact, 'dd') ?? ''
        if (product !== undefined) {
          if (name === 'Price') note('/api/products/:id', `price ${product}`, cents(value))
          if (name === 'On hand') note('/api/products/:id', `stock ${product}`, whole(value))
        }
        if (level !== undefined && name === 'On hand') note('/api/stock/:id', `stock ${level}`, whole(value))
        if (purchase !== undefined && name === 'Status')
          note('/api/purchases/:id', `purchase ${purchase}`, value.toLowerCase())
      }
      if (product !== undefined) note('/api/products/:id', `name ${product}`, textOf(document, 'main h1'))
    }
    const lookAtDashboard = (): void => {
      const panel = (title: string): Element | null => document.querySelector(`main section[aria-label="${title}"]`)
      const itemsOf = (title: string): Element[] => [...(panel(title)?.querySelectorAll('li') ?? [])]
      const till = panel('Till')?.querySelector('.figure')?.textContent
      if (typeof till === 'string') note('/api/till', 'till', cents(till))
      for (const item of itemsOf('Low stock'))
        note('/api/stock?level=low', `stock ${idIn(item.querySelector('a'))}`, whole(textOf(item, 'strong') ?? ''))
      const sales = itemsOf('Latest sales').map((item) => textOf(item, 'a') ?? '')
      note('/api/sales?page=1', 'sales 6', sales.join('|'))
      const deeds = itemsOf('Latest changes').map((item) =>
        [...(item.querySelector('p')?.childNodes ?? [])]
          .filter(({ nodeName }) => nodeName === '#text' || nodeName === 'A')
          .map(({ textContent }) => textContent)
          .join('')
          .trim(),
      )
      note('/api/activity', 'activity 5', deeds.join('|'))
    }
    let last = ''
    const look = (): void => {
      facts = []
      const isHidden = document.hidden
      if (!isHidden) for (const part of [lookAtTables, lookAtTill, lookAtItem, lookAtDashboard]) part()
      const path = location.pathname + location.search
      const said = JSON.stringify([path, isHidden, facts])
      if (said === last) return
      last = said
      window.paints.push({ atMs: Date.now(), path, isHidden, facts })
    }
    let isDue = false
    window.paints = []
    new MutationObserver(() => {
      if (isDue) return
      isDue = true
      // The frame in which the change is painted.
      requestAnimationFrame(() => {
        isDue = false
        look()
      })
    }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true })
    // A page that comes into sight shows what it had.
    document.addEventListener('visibilitychange', look)
  })
}
