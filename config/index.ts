// By their own modules: what a page imports from here must not bring the check of the rules along.
export { defineConfig } from './language/define-config.ts'
export type { Duration } from './language/duration.ts'
export type { Param } from './language/key-names.ts'
export { keys, type TagKeys, tags, type UrlKeys } from './language/keys.ts'
export type {
  Config,
  IdentifiedBy,
  Identity,
  KillOptions,
  NavigationOptions,
  OutboxOptions,
  PushOptions,
  QueueOptions,
  Route,
  RouteOptions,
  VersionsOptions,
  Window,
  Write,
} from './language/options.ts'
export type { Preset } from './language/presets.ts'
