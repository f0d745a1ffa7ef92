import type { Config, Route, Write } from './options.ts'

/**
 * Returns the config unchanged, and types it. The editor completes and checks option names and durations, and checks
 * the `{name}` holes of `tags` and `invalidates` against the parameters of `match`. `assertConfig` checks the rest.
 */
export const defineConfig = <const R extends readonly Route[], const W extends readonly Write[] = readonly Write[]>(
  config: Omit<Config, 'routes' | 'writes'> & {
    /** What is kept and for how long. The first route that matches decides, so put the narrow ones first. */
    routes: Holes<R, 'tags'>
    /** What else changes when the app writes. See {@link Config.writes}. */
    writes?: Holes<W, 'invalidates'>
  },
): Config => config

/** Each entry as it is. An unknown option has type `never`, and so has a template with a hole without a parameter. */
type Holes<Entries, Option extends 'tags' | 'invalidates'> = {
  readonly [K in keyof Entries]: Entries[K] & {
    readonly [Unknown in Exclude<keyof Entries[K], keyof Route | keyof Write>]: never
  } & (Entries[K] extends { match: infer M } & Record<Option, infer Templates>
      ? Record<Option, { readonly [T in keyof Templates]: Known<Templates[T], ParamsOf<M>> }>
      : unknown)
}

type Known<Template, Params> = [HolesOf<Template>] extends [Params] ? Template : never

type HolesOf<Template> = Template extends `${string}{${infer Name}}${infer Rest}` ? Name | HolesOf<Rest> : never

/** The names of a pattern's parameters. A segment with other text beside a parameter gives a few more names. */
type ParamsOf<Match> = Match extends readonly (infer Each)[]
  ? ParamsOf<Each>
  : string extends Match
    ? string
    : Match extends `${string}:${infer Name}/${infer Rest}`
      ? Named<Name> | ParamsOf<`/${Rest}`>
      : Match extends `${string}:${infer Name}`
        ? Named<Name>
        : never

type Named<Text> = Text extends `${infer Name}${'.' | '-' | ',' | ';' | '(' | ')' | '*' | ':'}${infer Rest}`
  ? Text | Name | Named<Rest>
  : Text
