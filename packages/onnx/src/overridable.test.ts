import { create, toBinary } from '@bufbuild/protobuf'
import { fuse } from 'nnfuse'
import { type GraphProto, ModelProtoSchema } from 'onnx-buf'
import { describe, expect, test } from 'vitest'
import { base, folded, graphIn } from '../test/legal/base-model.js'
import { namesIn } from '../test/legal/graph-fields.js'
import { node, ramp } from '../test/onnx-builder.js'
import { runOnnx } from '../test/run-onnx.js'
import { importOnnx, type ReadOptions, serializeOnnx } from './index.js'
import { valueInfoProto } from './value-types.js'

const inputNumber = 11
const initializerNumber = 5

/** Conv and BatchNormalization whose tensors are inputs with a default. */
const overridable = (change: (graph: GraphProto) => void = () => undefined): Uint8Array => {
  const model = base(17, 8)
  const graph = graphIn(model)
  for (const { name, dims } of graph.initializer)
    graph.input.push(valueInfoProto(name, { dtype: 'float32', shape: dims.map(Number) }))
  change(graph)
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, model))
}

const fused = async (bytes: Uint8Array, options?: ReadOptions) => {
  const { model, report } = fuse(await importOnnx(bytes, options))
  return { bytes: await serializeOnnx(model), report }
}

const feeds = { x: { dims: [1, 2, 3, 3], values: ramp(18) } }
const fold = { foldOverridable: true }

describe('initializers that are inputs', () => {
  test('are left alone, since they may be overridden', async () => {
    const bytes = overridable()
    const result = await fused(bytes)
    expect(result.report.applied).toEqual([])
    expect(result.report.left.map(({ reasons }) => reasons.join())).toEqual(
      expect.arrayContaining([expect.stringContaining('may be overridden at run time')]),
    )
    expect(Buffer.compare(result.bytes, bytes)).toBe(0)
  })

  test('stay inputs where nothing is fused', async () => {
    const bytes = overridable((graph) => {
      graph.node.splice(1, 1, node('Relu', ['c'], ['y']))
    })
    expect(Buffer.compare((await fused(bytes, fold)).bytes, bytes)).toBe(0)
    expect(Buffer.compare(await serializeOnnx(await importOnnx(overridable(), fold)), overridable())).toBe(0)
  })

  test('are folded on request, and are no inputs then', async () => {
    const bytes = overridable()
    const { bytes: after } = await fused(bytes, fold)
    expect(namesIn(after, inputNumber)).toEqual(['x'])
    expect(namesIn(after, initializerNumber)).toEqual(['conv.weight', 'conv.bias'])
    const [before, now] = [await runOnnx(bytes, feeds), await runOnnx(after, feeds)]
    for (const [i, value] of now['y']?.values.entries() ?? [])
      expect(value).toBeCloseTo(before['y']?.values[i] as number, 5)
  })

  test('that something else uses stay inputs', async () => {
    const bytes = overridable((graph) => {
      graph.node.push(node('Relu', ['bn.bias'], ['z']))
      graph.output.push(valueInfoProto('z', { dtype: 'float32', shape: [2] }))
    })
    const { bytes: after } = await fused(bytes, fold)
    expect(namesIn(after, inputNumber)).toEqual(['x', 'bn.bias'])
    expect(namesIn(after, initializerNumber)).toContain('bn.bias')
  })

  test('are constants in IR version 3, which lists new ones among the inputs too', async () => {
    const { bytes: after } = await fused(toBinary(ModelProtoSchema, base(8, 3)))
    expect(namesIn(after, inputNumber)).toEqual(['x', 'conv.weight', 'conv.bias'])
    for (const name of folded.tensors.slice(1)) expect(namesIn(after, initializerNumber)).not.toContain(name)
  })
})
