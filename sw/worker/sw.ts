import { identity, pagesBy, rules, start, structured } from 'virtual:freshlayer/rules'
import { precache } from './precache.ts'

declare const self: ServiceWorkerGlobalScope & { readonly __WB_MANIFEST: Parameters<typeof precache>[0] }

start(rules, { identity, structured, pagesBy, files: precache(self.__WB_MANIFEST, rules.shell) })
