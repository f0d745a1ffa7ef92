import type { Page } from '@playwright/test'

/** How much of its heap the worker of a page's origin uses, after what is not needed any more is gone. Bytes. */
export async function workerHeap(page: Page): Promise<number> {
  const browser = page.context().browser()
  if (browser === null) throw new Error('the browser has gone')
  const cdp = await browser.newBrowserCDPSession()
  try {
    const { targetInfos } = await cdp.send('Target.getTargets')
    const { origin } = new URL(page.url())
    const target = targetInfos.find(({ type, url }) => type === 'service_worker' && url.startsWith(`${origin}/`))
    if (target === undefined) throw new Error(`no worker of ${origin} runs`)
    const { sessionId } = await cdp.send('Target.attachToTarget', { targetId: target.targetId, flatten: false })
    let id = 0
    const ask = (method: string): Promise<{ usedSize: number }> =>
      new Promise((resolve) => {
        const own = ++id
        const hear = ({ message }: { message: string }): void => {
          const answer = JSON.parse(message) as { id?: number; result: { usedSize: number } }
          if (answer.id !== own) return
          cdp.off('Target.receivedMessageFromTarget', hear)
          resolve(answer.result)
        }
        cdp.on('Target.receivedMessageFromTarget', hear)
        void cdp.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id: own, method }) })
      })
    await ask('HeapProfiler.collectGarbage')
    const { usedSize } = await ask('Runtime.getHeapUsage')
    await cdp.send('Target.detachFromTarget', { sessionId })
    return usedSize
  } finally {
    await cdp.detach()
  }
}
