import { expect, panel, settled, signIn, test, underLayer } from '../support/demo.ts'

// The refresh button asks the origin whatever is fresh. So no window has to pass.
test('a row changed behind the app’s back shows in three tabs after one of them read it; an unchanged one causes no request', async ({
  context,
  origin,
  page,
  shop,
}) => {
  await signIn(page, 'ada')
  const tabs = [page, await context.newPage(), await context.newPage()]
  for (const tab of tabs) {
    await tab.goto('/')
    await underLayer(tab)
    await expect(panel(tab, 'My tasks')).toContainText('Plan the shelves')
    await settled(tab)
  }
  const asked = origin.recorded.length
  const answers = (): readonly number[] =>
    origin.recorded.slice(asked).flatMap(({ path, status }) => (path === '/api/me/tasks' ? [status] : []))
  const refresh = panel(page, 'My tasks').getByRole('button', { name: 'Refresh list' })

  await refresh.click()
  await expect.poll(answers).toEqual([304])
  expect(origin.recorded.findLast(({ path }) => path === '/api/me/tasks')?.headers['if-none-match']).toBeDefined()

  const title = `Plan the shelves ${crypto.randomUUID()}`
  await shop.pool.query('update tasks set title = $1, updated_at = now() where id = 4', [title])
  await refresh.click()
  for (const tab of tabs) await expect(panel(tab, 'My tasks')).toContainText(title)
  // No tab was told of the 304: none asked between it and the answer with the new row.
  expect(answers().slice(0, 2)).toEqual([304, 200])
  expect(
    answers()
      .slice(2)
      .filter((status) => status !== 304 && status !== 0),
  ).toEqual([])
})
