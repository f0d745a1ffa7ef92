import type { Plugin } from 'rolldown'

/** What may be wrong with a worker. */
export type Break = keyof typeof BREAKS

interface Change {
  /** Below `sw`. */
  readonly file: string
  readonly from: string
  readonly to: string
}

export const BREAKS = {
  'no-lease': [
    {
      file: 'core/outbox/lanes.ts',
      from: 'if (isLeaseOver(state, now, isGone)) over.push(write)',
      to: "if (state.untilMs > 0) due.push({ ...write, state: { kind: 'waiting', atMs: now, isOnSign: false } })",
    },
  ],
  'another-key': [
    {
      file: 'worker/outbox/attempts.ts',
      from: 'headers.set(...idempotencyField(idempotency, write.key))',
      to: 'headers.set(...idempotencyField(idempotency, write.attempts > 1 ? crypto.randomUUID() : write.key))',
    },
  ],
  // As libraries do that take a request from their queue, send it, and put it back when that fails.
  'deleted-before-answer': [
    {
      file: 'worker/outbox/attempts.ts',
      from: '      raw = await (via?.carry(write, sent) ?? sendBy(sent))\n',
      to: '      await this.#ports.store.change((draft) => draft.remove(write.place))\n      raw = await sendBy(sent)\n',
    },
    {
      file: 'worker/outbox/settle.ts',
      from: '  const current = draft.get(write.place)\n  const outcome = outcomeFor(',
      to: '  const current = draft.get(write.place) ?? write\n  const outcome = outcomeFor(',
    },
  ],
  'base-not-inherited': [
    {
      file: 'worker/outbox/settle.ts',
      from: 'for (const later of followUps(draft.writes(), done)) draft.put(later)',
      to: 'for (const later of followUps(draft.writes(), done)) draft.put({ ...later, base: draft.get(later.place)?.base ?? later.base })',
    },
  ],
} as const satisfies Readonly<Record<string, readonly Change[]>>

export const BREAK_NAMES = Object.keys(BREAKS) as readonly Break[]

/**
 * Breaks the worker while it is bundled: what is tested is the product, and it has no switches for this.
 *
 * @throws where the text is not there, or not once: then the break has to follow the code.
 */
export function breaking(broken: Break): Plugin {
  const missing = new Set<Change>(BREAKS[broken])
  return {
    name: `broken: ${broken}`,
    transform: {
      filter: { id: /[\\/]sw[\\/]/ },
      handler(code, id) {
        let changed = code
        for (const change of BREAKS[broken]) {
          if (!id.replaceAll('\\', '/').endsWith(`/sw/${change.file}`)) continue
          const parts = changed.split(change.from)
          if (parts.length !== 2) throw new Error(`${broken}: the text is ${parts.length - 1} times in ${change.file}`)
          changed = parts.join(change.to)
          missing.delete(change)
        }
        return changed === code ? undefined : changed
      },
    },
    buildEnd() {
      const [first] = missing
      if (first !== undefined) throw new Error(`${broken}: ${first.file} is not in the worker`)
    },
  }
}
