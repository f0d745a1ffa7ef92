import { collectionsOf } from './collections/collections.ts'
import { shared } from './shared-parts.ts'

shared.collectionsOf = collectionsOf
