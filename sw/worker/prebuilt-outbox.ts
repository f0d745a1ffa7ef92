import { wholeOutboxOf } from './outbox/whole-outbox.ts'
import { shared } from './shared-parts.ts'

shared.outboxOf = wholeOutboxOf
