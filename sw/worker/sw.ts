import { identity, pagesBy, racesOf, ranges, rules, start, structured } from 'virtual:freshlayer/rules'
import { precache } from './lifecycle/precache.ts'

declare const self: ServiceWorkerGlobalScope & { readonly __WB_MANIFEST: Parameters<typeof precache>[0] }

start(rules, { identity, structured, ranges, pagesBy, racesOf, files: precache(self.__WB_MANIFEST, rules.shell) })
