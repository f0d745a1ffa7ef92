import type { Config, Route, Write } from './options.ts'

/**
 * Returns the config unchanged, and types it. The editor completes and checks option names and durations, checks the
 * `{name}` holes of `tags` and `invalidates` against the parameters of `match`, and the tags of `invalidates` against those
 * of the routes. `assertConfig` checks the rest.
 */
export const defineConfig = <
  const R extends readonly Route[],
  const W extends readonly Write[] = readonly Write[],
  const G extends readonly string[] = readonly [],
>(
  config: Omit<Config, 'routes' | 'writes' | 'groups'> & {
    /** What is kept and for how long. The first route that matches decides, so put the narrow ones first. */
    routes: Holes<R, 'tags', string>
    /** What else changes when the app writes. See {@link Config.writes}. */
    writes?: Holes<W, 'invalidates', TagsOf<R[number]> | GroupOf<G[number]> | `/${string}` | `${string}://${string}`>
    /** The groups of `Cache-Groups` fields that `invalidates` names. See {@link Config.groups}. */
    groups?: G
  },
): Config & { readonly routes: R; readonly writes?: W } => config

/** Each entry as it is. An unknown option has type `never`, and so has a template that is not meant. */
type Holes<Entries, Option extends 'tags' | 'invalidates', Known> = {
  readonly [K in keyof Entries]: Entries[K] & {
    readonly [Unknown in Exclude<keyof Entries[K], keyof Route | keyof Write>]: never
  } & (Entries[K] extends { match: infer M } & Record<Option, infer Templates>
      ? Record<Option, { readonly [T in keyof Templates]: Meant<Templates[T], ParamsOf<M>, Known> }>
      : unknown)
}

/** The template, if its holes have parameters and it may be one of the known texts. */
type Meant<Template, Params, Known> = Template extends (...given: never[]) => unknown
  ? Template
  : [HolesOf<Template>] extends [Params]
    ? Template extends Known
      ? Template
      : [Extract<Known, ShapeOf<Template>>] extends [never]
        ? never
        : Template
    : never

type TagsOf<R> = R extends { readonly tags?: infer Tags }
  ? 'tags' extends keyof R
    ? Tags extends readonly (infer Tag)[]
      ? ShapeOf<Tag>
      : never
    : never
  : never

type GroupOf<Group> = Group extends `${infer Name}*` ? `${Name}${string}` : Group

/** A template with any text in the place of each hole. */
type ShapeOf<Template> = Template extends `${infer Before}{${string}}${infer After}`
  ? `${Before}${string}${ShapeOf<After> & string}`
  : Template

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
