/* `nnfuse --version` against a Node that does nothing. */

import { compare, nodeContestant } from './measure.mjs'
import { megabytes, milliseconds, times } from './table.mjs'

/** @import { Section } from './table.mjs' */
/** @import { Settings } from '../bench.mjs' */

/** @param {Settings} settings @returns {Promise<Section>} */
export const startUp = async ({ runs, command }) => {
  const names = ['node -e 0', 'nnfuse --version']
  const result = await compare(3 * runs, [
    nodeContestant('node -e 0', ['-e', '0']),
    nodeContestant('nnfuse --version', [command, '--version']),
  ])
  const [node, version] = [result('node -e 0'), result('nnfuse --version')]
  const ratio = version.seconds / node.seconds
  return {
    title: 'Start-up',
    head: ['', 'time', 'ratio', 'memory'],
    rows: names.map((name) => {
      const { seconds, megabytes: memory } = result(name)
      return [name, milliseconds(seconds), times(seconds / node.seconds), megabytes(memory)]
    }),
    targets: [{ what: '--version against node -e 0', value: ratio, target: 1.6 }],
    data: { node, version },
  }
}
