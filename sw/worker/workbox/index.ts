export { configure } from './configure.ts'
export type { FetchOptions } from './network.ts'
export type { Settings } from './settings.ts'
export { Freshlayer, type FreshlayerOptions } from './strategy.ts'
