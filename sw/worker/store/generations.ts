/** Stands for those of whom it is not known who they are; nothing is ever stored for them. */
export const UNKNOWN_USER = ''

/** Moves when the identity of a partition ends: what was asked before is not shown after (I3). In memory alone. */
export class Generations {
  readonly #generations = new Map<string, number>()
  #advances = 0

  of(partition: string): number {
    return this.#generations.get(partition) ?? 0
  }

  /** What was asked for the partition so far is not shown any more; what is stored stays. */
  advance(partition: string): void {
    this.#advances++
    this.#generations.set(partition, this.of(partition) + 1)
  }

  /** The same for every partition that was asked for and that is meant. */
  advanceAll(isMeant: (partition: string) => boolean): void {
    for (const partition of this.#generations.keys()) if (isMeant(partition)) this.advance(partition)
  }

  /** Tells whether all identities have lived on since this was called: whose a request is may not be known yet. */
  watchAll(): () => boolean {
    const advances = this.#advances
    return () => this.#advances === advances
  }

  /** Tells whether the identity of a partition has lived on since this was called. */
  watch(partition: string): () => boolean {
    const generation = this.of(partition)
    this.#generations.set(partition, generation)
    return () => this.of(partition) === generation
  }
}
