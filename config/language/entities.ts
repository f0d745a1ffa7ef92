/** The names of the entities in the writes of a config. */
export type EntityOf<C> = C extends { readonly writes?: infer W }
  ? W extends readonly (infer One)[]
    ? One extends { readonly entity: infer Entity extends string }
      ? Entity
      : never
    : never
  : never
