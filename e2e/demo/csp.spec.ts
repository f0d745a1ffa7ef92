import { expect, heading, settled, signIn, test, underLayer } from '../support/demo.ts'
import { tour } from './tour.ts'

for (const [width, colorScheme, otherScheme] of [
  [1280, 'light', 'dark'],
  [390, 'dark', 'light'],
] as const) {
  test(`at ${width} px in ${colorScheme} colours no page scrolls sideways, logs an error or breaks the content policy`, async ({
    page,
  }) => {
    test.setTimeout(90_000)
    await page.setViewportSize({ width, height: 800 })
    await signIn(page, 'ada')
    const errors: string[] = []
    page.on('pageerror', ({ message }) => errors.push(message))
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text())
    })
    const ground = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    await page.emulateMedia({ colorScheme: otherScheme })
    const other = await ground()
    await page.emulateMedia({ colorScheme })
    expect(await ground()).not.toBe(other)
    await page.reload()
    await expect(heading(page)).toHaveText(/./)
    await underLayer(page)
    await settled(page)
    await tour(page, async () => {
      const overflow = await page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement
        return scrollWidth - clientWidth
      })
      expect(overflow, page.url()).toBe(0)
    })
    expect(errors).toEqual([])
    // The policy holds in a document that came through the worker.
    await page.reload()
    await page.addScriptTag({ content: 'document.title = "ran"' }).catch(() => undefined)
    await expect.poll(() => errors.join()).toContain('Content Security Policy')
    await expect(page).not.toHaveTitle('ran')
  })
}
