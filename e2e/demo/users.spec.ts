import type { Page } from '@playwright/test'
import { expect, heading, panel, type Person, type SignedInBy, signIn, signOut, test } from '../support/demo.ts'

const MODES: readonly SignedInBy[] = ['Session cookie', 'Bearer token']

/** What the server keeps for each of them at the same two addresses. */
const OWN = {
  ada: { task: 'Check margins on coffee and tea', tasks: 5, startPage: '/', density: 'Comfortable' },
  grace: { task: 'Count the battery display', tasks: 6, startPage: '/stock', density: 'Compact' },
} as const

async function seesOwn(page: Page, person: Person): Promise<void> {
  const { task, tasks, startPage, density } = OWN[person]
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Dashboard' }).click()
  await expect(heading(page)).toHaveText('Dashboard')
  await expect(panel(page, 'My tasks').getByRole('checkbox')).toHaveCount(tasks)
  await expect(panel(page, 'My tasks')).toContainText(task)
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Preferences' }).click()
  await expect(page.getByLabel('Start page')).toHaveValue(startPage)
  await expect(page.getByLabel(density)).toBeChecked()
}

/** Collects every task that is shown, even for one frame, by the documents this page opens from now on. */
async function collectTasks(page: Page): Promise<ReadonlySet<string>> {
  const shown = new Set<string>()
  await page.exposeFunction('taskShown', (text: string) => void shown.add(text))
  await page.addInitScript(`
    new MutationObserver(() => {
      for (const { textContent } of document.querySelectorAll('.task-title')) taskShown(textContent)
    }).observe(document, { childList: true, subtree: true, characterData: true })
  `)
  return shown
}

for (const mode of MODES) {
  test(`one after the other at one screen (${mode}): each sees their own, and the second alone offline`, async ({
    page,
    origin,
  }) => {
    await signIn(page, 'ada', mode)
    await seesOwn(page, 'ada')
    await signOut(page)
    const shown = await collectTasks(page)
    await signIn(page, 'grace', mode)
    await seesOwn(page, 'grace')
    await origin.stop()
    await page.reload()
    await expect(page.getByRole('main')).toContainText('You are carrying on as Grace Hopper.')
    await seesOwn(page, 'grace')
    expect([...shown]).toContain(OWN.grace.task)
    expect([...shown]).not.toContain(OWN.ada.task)
    await origin.start()
    await page.goto('/preferences')
    await signOut(page)
    await signIn(page, 'ada', mode)
    await seesOwn(page, 'ada')
  })
}
