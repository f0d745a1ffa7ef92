import { parentPort } from 'node:worker_threads'
import { suggested } from './suggested.ts'
import type { Recording } from '../recording/exchange.ts'

// Each recording that comes is answered by what it says.
parentPort?.on('message', (recording: Recording) => parentPort?.postMessage(suggested(recording)))
