import config, { file } from 'virtual:freshlayer/config'
import { precache } from './precache.ts'
import { start } from './main.ts'

declare const self: ServiceWorkerGlobalScope & { readonly __WB_MANIFEST: Parameters<typeof precache>[0] }

start(config, file, precache(self.__WB_MANIFEST))
