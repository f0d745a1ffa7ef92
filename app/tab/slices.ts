/** So long the layer may keep the page's main thread at a time, in milliseconds: half of a frame. */
const SLICE_MS = 8

/** Does the work for each of a list, in as many tasks as it takes: a page may show thousands of URLs. */
export async function inSlices<T>(list: Iterable<T>, work: (item: T) => void): Promise<void> {
  let endMs = performance.now() + SLICE_MS
  for (const item of list) {
    if (performance.now() >= endMs) {
      await nextTask()
      endMs = performance.now() + SLICE_MS
    }
    work(item)
  }
}

/** What the user has done meanwhile comes before it. */
export const nextTask = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve))
