/** Header fields that a page sends along. */
export type Fields = Readonly<Record<string, string>>

/** What the bench asks of a page, by name and as JSON. */
export interface PageBench {
  /** Registers the worker and settles when it controls this page. */
  register(): Promise<void>
  /** Whether every URL is answered with 2xx. */
  allAnswered(urls: readonly string[], fields?: Fields): Promise<boolean>
  /**
   * Milliseconds per read, one read after the other. A sample is the mean of `group` reads: a page's clock moves in
   * steps of 0.1 ms, which is a tenth of a hit.
   */
  oneByOne(urls: readonly string[], samples: number, group: number, fields?: Fields): Promise<number[]>
  /** Milliseconds until all of the URLs, asked for at once, have been read. */
  together(urls: readonly string[], samples: number, fields?: Fields): Promise<number[]>
}

declare global {
  var bench: PageBench
}

/** Headers and the whole body, as an app reads an answer. */
export async function read(url: string, fields: Fields = {}): Promise<void> {
  const response = await fetch(url, { headers: fields })
  await response.arrayBuffer()
  if (!response.ok) throw new Error(`${url} was answered with ${response.status}`)
}

globalThis.bench = {
  async register() {
    const { serviceWorker } = navigator
    const controlled = new Promise((resolve) => serviceWorker.addEventListener('controllerchange', resolve))
    await serviceWorker.register('/sw.js')
    if (serviceWorker.controller === null) await controlled
    await serviceWorker.ready
  },

  async allAnswered(urls, fields = {}) {
    const answers = await Promise.all(
      urls.map(async (url) => {
        const response = await fetch(url, { headers: fields })
        await response.arrayBuffer()
        return response.ok
      }),
    )
    return answers.every(Boolean)
  },

  async oneByOne(urls, samples, group, fields) {
    const times: number[] = []
    let next = 0
    for (let sample = 0; sample < samples; sample++) {
      const began = performance.now()
      for (let at = 0; at < group; at++) await read(urls[next++ % urls.length] ?? '', fields)
      times.push((performance.now() - began) / group)
    }
    return times
  },

  async together(urls, samples, fields) {
    const times: number[] = []
    for (let sample = 0; sample < samples; sample++) {
      const began = performance.now()
      await Promise.all(urls.map((url) => read(url, fields)))
      times.push(performance.now() - began)
    }
    return times
  },
}
