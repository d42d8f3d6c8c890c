/* The command as users get it, bundled. */

import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { bundleCommand } from '../bundle-command.mjs'
import { root } from '../workspace.mjs'

const folder = join(root, '.cache/bench/command')
const cli = join(root, 'packages/cli')

/** Bundles what is built; gives the file to run. */
export const benchCommand = async () => {
  await bundleCommand(join(folder, 'bundle'))
  for (const file of ['package.json', 'bin/nnfuse.mjs']) cpSync(join(cli, file), join(folder, file))
  return join(folder, 'bin/nnfuse.mjs')
}
