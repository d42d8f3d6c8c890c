import { spawn } from 'node:child_process'

/** What a process that runs here leaves in the environment of those that it starts, and a user's shell has not. */
const isOurs = (name: string): boolean => /^(?:npm_|pnpm_|vite|node_env$|node_options$|init_cwd$)/i.test(name)

const outside = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !isOurs(name)))

/** How npm is set up for a folder outside of this repository: from one registry, with a cache of its own. */
export const npmSettings = (registry: string, cache: string): NodeJS.ProcessEnv => ({
  npm_config_registry: registry,
  npm_config_cache: cache,
  npm_config_userconfig: `${cache}/npmrc`,
  npm_config_globalconfig: `${cache}/globalrc`,
  npm_config_ignore_scripts: 'false',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_update_notifier: 'false',
  npm_config_loglevel: 'error',
  npm_config_yes: 'true',
})

/** Runs a command in a folder as a user would, and gives what it prints. Throws all of it where the command fails. */
export const runOutside = (
  folder: string,
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: folder,
      env: { ...outside(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32', // npm and npx are scripts there
    })
    let [printed, complained] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complained += text
    })
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(printed)
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code}:\n${printed}${complained}`))
    })
  })
