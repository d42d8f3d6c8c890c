import {
  type AnyModule,
  type Call,
  type GraphModuleOf,
  uniqueNames,
  type ValueId,
  withGraph,
} from '@nnfuse/ir'
import { QuantizeDequantize, type QuantizeDequantizeModule } from './quantize-dequantize.js'
import { isPassing } from './value-sources.js'

/**
 * The graph with the grid of a value once more behind every layer that only passes its numbers on. It changes no
 * number, but runtimes look for integer kernels between a DequantizeLinear and a QuantizeLinear right beside them.
 */
export const repeatGrids = (graph: GraphModuleOf): GraphModuleOf => {
  const { inputs, outputs, types } = graph.attrs
  const path = uniqueNames(graph.children.keys())
  const valueName = uniqueNames([...inputs, ...graph.attrs.calls.flatMap((call) => call.outputs)])
  const children = new Map(graph.children)
  const grids = new Map<ValueId, QuantizeDequantizeModule>()
  const calls: Call[] = []
  for (const call of graph.attrs.calls) {
    const module = graph.children.get(call.target) as AnyModule
    const {
      inputs: [from = ''],
      outputs: [to = ''],
    } = call
    const grid = isPassing(module) ? grids.get(from) : undefined
    if (QuantizeDequantize.is(module)) grids.set(to, module)
    if (grid === undefined) {
      calls.push(call)
      continue
    }
    const passed = valueName(`${to}.float`)
    const target = path(`${call.target}.activation_post_process`)
    children.set(target, grid)
    grids.set(to, grid)
    calls.push({ ...call, outputs: [passed] }, { target, inputs: [passed], outputs: [to] })
  }
  return withGraph(graph, children, { inputs, calls, outputs, types })
}
