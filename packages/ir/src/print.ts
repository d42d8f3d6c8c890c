import type { Call, Graph } from './graph.js'
import { hasHooks } from './hooks.js'
import { GraphModule } from './kinds/containers.js'
import type { AnyModule } from './module.js'

const kindAndArguments = (module: AnyModule): string => {
  const text = module.definition.describe?.(module.attrs) ?? ''
  const flags = [module.training ? 'training' : '', hasHooks(module.hooks) ? 'hooks' : ''].filter(
    (flag) => flag !== '',
  )
  return `${module.kind}${text === '' ? '' : `(${text})`}${flags.length > 0 ? ` [${flags.join(', ')}]` : ''}`
}

const signature = ({ inputs, outputs }: Graph): string => ` (${inputs.join(', ')}) -> (${outputs.join(', ')})`

const callsByTarget = (graph: Graph): ReadonlyMap<string, readonly Call[]> => {
  const byTarget = new Map<string, Call[]>()
  for (const call of graph.calls) {
    const list = byTarget.get(call.target)
    if (list === undefined) byTarget.set(call.target, [call])
    else list.push(call)
  }
  return byTarget
}

const dataflow = (calls: readonly Call[] | undefined): string =>
  (calls ?? []).map(({ inputs, outputs }) => ` : ${outputs.join(', ')} <- ${inputs.join(', ')}`).join('')

interface Line {
  readonly indent: string
  readonly name: string
  readonly module: AnyModule
  readonly flow: string
}

const below = ({ indent, module }: Line): Line[] => {
  const calls = GraphModule.is(module) ? callsByTarget(module.attrs) : undefined
  return [...module.children].map(([name, child]) => ({
    indent: `${indent}  `,
    name: `${name}: `,
    module: child,
    flow: calls === undefined ? '' : dataflow(calls.get(name)),
  }))
}

/**
 * The module tree as text, one line a module, stable enough for snapshots. In a graph each line ends with its
 * dataflow, `: outputs <- inputs`, once for every call.
 */
export const print = (module: AnyModule): string => {
  const lines: string[] = []
  const stack: Line[] = [{ indent: '', name: '', module, flow: '' }]
  for (let line = stack.pop(); line !== undefined; line = stack.pop()) {
    const graph = GraphModule.is(line.module) ? signature(line.module.attrs) : ''
    lines.push(`${line.indent}${line.name}${kindAndArguments(line.module)}${graph}${line.flow}`)
    for (const next of below(line).reverse()) stack.push(next)
  }
  return lines.join('\n')
}
