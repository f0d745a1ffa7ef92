import { outboxOf } from './outbox/outbox.ts'
import { shared } from './shared-parts.ts'

shared.outboxOf = outboxOf
