/** What happened to what a tab may be showing. */
type ChangeKind = 'changed' | 'first' | 'removed' | 'invalidated'

/** One entry of the change log. */
export interface Change {
  readonly kind: ChangeKind
  /** Absolute. One that ends in `*` stands for every URL that begins so; one without a query for that URL with any. */
  readonly urls: readonly string[]
  readonly tags: readonly string[]
  readonly partition: string
  readonly atMs: number
  /** Client ids that have this version already: they are not told (I11). */
  readonly informed: readonly string[]
}

/** A change at its place in one log. Positions of one log follow the order in which changes were committed. */
export interface LoggedChange extends Change {
  readonly logId: string
  readonly position: number
}
