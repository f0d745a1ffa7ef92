/** Stands for those of whom it is not known who they are; nothing is ever stored for them. */
export const UNKNOWN_USER = ''

/** Moves when the identity of a partition ends: what was asked before is not shown after (I3). In memory alone. */
export class Generations {
  readonly #generations = new Map<string, number>()

  of(partition: string): number {
    return this.#generations.get(partition) ?? 0
  }

  /** What was asked for the partition so far is not shown any more; what is stored stays. */
  advance(partition: string): void {
    this.#generations.set(partition, this.of(partition) + 1)
  }

  /** Tells whether the identity of a partition has lived on since this was called. */
  watch(partition: string): () => boolean {
    const generation = this.of(partition)
    return () => this.of(partition) === generation
  }
}
