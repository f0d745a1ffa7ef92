import { join } from 'node:path'
import { compiledSources } from './compiled.fixture.ts'

/** The program of the command `freshlayer`, and its first arguments: of the sources as they are now, by the Node of this process, without `npx`. */
export const PROGRAM = process.execPath
export const CLI: readonly string[] = [join(compiledSources(), 'tools/cli.js')]

/** What a command says where it writes to a pipe: no colors. */
export const PLAIN: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined }
