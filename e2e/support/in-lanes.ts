/** Works off a list, so many entries at once. The first failure is the caller's. */
export async function inLanes<T>(
  list: readonly T[],
  parallel: number,
  work: (entry: T) => Promise<void>,
): Promise<void> {
  const waiting = list.values()
  const lane = async (): Promise<void> => {
    for (const entry of waiting) await work(entry)
  }
  await Promise.all(Array.from({ length: Math.min(parallel, list.length) }, lane))
}
