import { resolve } from 'node:path'

/** The program of the command `freshlayer`, and its first arguments: from the sources, by the Node of this process, without `npx`. */
export const PROGRAM = process.execPath
export const CLI: readonly string[] = ['--import', import.meta.resolve('tsx'), resolve('tools/cli.ts')]

/** What a command says where it writes to a pipe: no colors. */
export const PLAIN: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined }
