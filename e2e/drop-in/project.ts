import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { TARBALL } from './setup.ts'

const run = promisify(execFile)

/** What a command has said, and how it ended. */
interface Said {
  readonly output: string
  readonly code: number
}

/** A command that goes on until it is stopped. */
export interface Running {
  /** What it has said so far. */
  readonly said: () => string
  /** Ends it as Ctrl-C does. */
  readonly interrupt: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** The project of a new user: a folder outside of the sources, with what its own package.json names and nothing else. */
export class Project {
  readonly folder = mkdtempSync(join(tmpdir(), 'freshlayer-drop-in-'))

  #commands = 0
  #spentMs = 0

  constructor(files: Readonly<Record<string, string>>) {
    this.write('package.json', JSON.stringify({ name: 'app', private: true, type: 'module' }))
    for (const [file, text] of Object.entries(files)) this.write(file, text)
  }

  path(file: string): string {
    return join(this.folder, file)
  }

  has(file: string): boolean {
    return existsSync(this.path(file))
  }

  write(file: string, text: string): void {
    mkdirSync(dirname(this.path(file)), { recursive: true })
    writeFileSync(this.path(file), text)
  }

  delete(file: string): void {
    rmSync(this.path(file))
  }

  /** Installs the packed layer beside what the app itself needs. */
  async install(...needed: readonly string[]): Promise<void> {
    const { output, code } = await this.run('npm', 'install', '--no-audit', '--no-fund', TARBALL, ...needed)
    if (code !== 0) throw new Error(output)
  }

  /** Runs a command in the folder. */
  async run(command: string, ...args: readonly string[]): Promise<Said> {
    const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined }
    const startedAt = performance.now()
    this.#commands++
    try {
      const { stdout, stderr } = await run(command, args, { cwd: this.folder, env })
      return { output: stdout + stderr, code: 0 }
    } catch (error) {
      const { stdout, stderr, code } = error as { stdout: string; stderr: string; code: number }
      return { output: stdout + stderr, code }
    } finally {
      this.#spentMs += performance.now() - startedAt
    }
  }

  /** How many commands have run in the folder, and how long they took: what a new user waits for. */
  get effort(): string {
    return `  ${this.#commands} commands, ${Math.round(this.#spentMs / 1000)} s`
  }

  /** Starts a script of the folder's own `node_modules`, which goes on until it is stopped. */
  start(script: string, ...args: readonly string[]): Running {
    const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined }
    const child = spawn(process.execPath, [this.path(`node_modules/${script}`), ...args], { cwd: this.folder, env })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += String(text)))
    const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()))
    return {
      said: () => said,
      interrupt: () => {
        child.kill('SIGINT')
        return ended
      },
      stop: () => {
        child.kill()
        return ended
      },
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true })
  }
}
