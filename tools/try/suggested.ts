import type { Recording } from '../recording/exchange.ts'
import { analyse, propose, simulate, type Suggested } from '../suggest/index.ts'

/** What a recording says, the rules that follow, and what these would have made of it. */
export function suggested(recording: Recording): Suggested {
  const findings = analyse(recording)
  const proposal = propose(findings)
  return { findings, proposal, simulation: simulate(recording, proposal.config) }
}
