import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

/** The command as it is installed; it runs what was built last. */
export const command = pathOf('../bin/nnfuse.mjs')

/** The example model with its test set. */
export const shapes = pathOf('../../../examples/models/shapes.onnx')
export const shapesData = pathOf('../../../examples/models/shapes-test')

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** Options for Node, before the command. */
  readonly node?: readonly string[]
}

/** Runs the command in a process of its own, with pipes for its output. */
export const nnfuse = (
  args: readonly string[],
  { cwd, env = {}, node = [] }: RunOptions = {},
): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...node, command, ...args], {
      cwd,
      env: { ...process.env, ...env },
    })
    const output = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] += text
      })
    }
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, ...output }))
  })

/** An empty folder for one test. */
export const scratch = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'nnfuse-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
