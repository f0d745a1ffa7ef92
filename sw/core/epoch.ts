/** How often identities have ended. */
interface Endings {
  /** Of everybody at once. */
  readonly epoch: number
  /** Of each partition besides. */
  readonly ends?: Readonly<Record<string, number>>
}

/** The epoch of a partition: it moves when the partition's identity ends, and when everything is forgotten (I3). */
export const epochOf = ({ epoch, ends }: Endings, partition: string): number => epoch + (ends?.[partition] ?? 0)
