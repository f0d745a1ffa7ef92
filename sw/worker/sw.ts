import {
  collectionsOf,
  identity,
  isQuery,
  pagesBy,
  postAnswers,
  racesOf,
  ranges,
  rules,
  start,
  structured,
} from 'virtual:freshlayer/rules'
import { precache } from './lifecycle/precache.ts'

declare const self: ServiceWorkerGlobalScope & { readonly __WB_MANIFEST: Parameters<typeof precache>[0] }

const files = precache(self.__WB_MANIFEST, rules.shell)

start(rules, { identity, structured, ranges, isQuery, postAnswers, pagesBy, racesOf, collectionsOf, files })
