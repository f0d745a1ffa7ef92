export {
  type Config,
  defineConfig,
  type Duration,
  type IdentifiedBy,
  type Identity,
  type KillOptions,
  type NavigationOptions,
  type Preset,
  type Route,
  type RouteOptions,
  type Window,
  type Write,
} from './language/index.ts'
