import {
  type AnyModule,
  floatTensor,
  graphModule,
  type LinearModule,
  Reshape,
  replaceModules,
  Squeeze,
  type ValueType,
  withAttrs,
} from '@nnfuse/ir'
import type { NodeProto, TensorProto } from 'onnx-buf'
import { describe, expect, test } from 'vitest'
import { type ModelParts, model, node, ramp, tensor, weights } from '../../test/onnx-builder.js'
import { runOnnx } from '../../test/run-onnx.js'
import { withCopies } from '../../test/with-copies.js'
import { documentOf, importOnnx, initializerTensors, serializeOnnx } from '../index.js'

/** One operator, spelled as an opset has it. */
interface Case {
  readonly kind: string
  readonly nodes: (opset: number) => readonly NodeProto[]
  readonly shape?: readonly number[]
  readonly since?: number
}

const ints = (name: string, ...values: number[]): TensorProto =>
  tensor(name, [values.length], values, 'int64')

const initializers = [
  weights('row', 4),
  weights('square', 4, 4),
  weights('matrix', 2, 4),
  weights('column', 2, 1),
  tensor('half', [], [0.5]),
  ints('merged', 0, -1),
  ints('zero', 0),
  ints('ends', 0, -1),
  ints('pads', 0, 1, 2, 0),
  ints('two', 2, 1),
  ints('one', 1),
]

const single =
  (opType: string, inputs: string[], attributes: Parameters<typeof node>[3] = {}) =>
  (): NodeProto[] => [node(opType, ['r', ...inputs], ['y'], attributes)]

/** An attribute before an opset, an input from there on. */
const moved =
  (opType: string, since: number, name: string, values: number[], input: string) =>
  (opset: number): NodeProto[] =>
    opset < since ? single(opType, [], { [name]: values })() : single(opType, [input])()

const gemm = (bias: string, attributes: Parameters<typeof node>[3] = {}): Omit<Case, 'kind'> => ({
  nodes: single('Gemm', ['square', bias], attributes),
})

const cases: readonly Case[] = [
  { kind: 'nn.Sub', nodes: single('Sub', ['row']) },
  { kind: 'nn.Div', nodes: single('Div', ['row']) },
  { kind: 'nn.Reshape', nodes: single('Reshape', ['merged']), shape: [2, 2, 2] },
  { kind: 'nn.Reshape', nodes: single('Reshape', ['one'], { allowzero: 1 }), shape: [1], since: 14 },
  { kind: 'nn.Transpose', nodes: single('Transpose', [], { perm: [1, 2, 0] }), shape: [2, 3, 4] },
  { kind: 'nn.Transpose', nodes: single('Transpose', []), shape: [2, 3, 4] },
  { kind: 'nn.Squeeze', nodes: moved('Squeeze', 13, 'axes', [0], 'zero'), shape: [1, 4, 1] },
  { kind: 'nn.Squeeze', nodes: single('Squeeze', []), shape: [1, 4, 1] },
  { kind: 'nn.Unsqueeze', nodes: moved('Unsqueeze', 13, 'axes', [0], 'zero') },
  { kind: 'nn.Unsqueeze', nodes: moved('Unsqueeze', 13, 'axes', [0, -1], 'ends'), since: 11 },
  { kind: 'nn.Pad', nodes: moved('Pad', 11, 'pads', [0, 1, 2, 0], 'pads') },
  { kind: 'nn.Pad', nodes: single('Pad', ['pads', 'half']), since: 11 },
  { kind: 'nn.Pad', nodes: single('Pad', ['two', '', 'one']), since: 18 },
  { kind: 'nn.Flatten', nodes: single('Flatten', [], { axis: 2 }), shape: [2, 3, 4] },
  { kind: 'nn.Reshape', nodes: single('Flatten', [], { axis: 2 }), shape: [2, 2, 3, 2] },
  { kind: 'nn.Linear', ...gemm('row', { alpha: { float: 0.5 }, beta: { float: 2 } }) },
  { kind: 'nn.Linear', ...gemm('half') },
  { kind: 'nn.Gemm', ...gemm('matrix', { beta: { float: 0.5 } }) },
  { kind: 'nn.Gemm', ...gemm('column', { transB: 1 }) },
  { kind: 'nn.Linear', nodes: single('MatMul', ['square']) },
  { kind: 'nn.Linear', nodes: single('MatMul', ['square']), shape: [2, 3, 4] },
]

const opsets = [7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 18, 19, 20, 21, 22, 23, 24]

const shapeOf = ({ shape = [2, 4] }: Case): readonly number[] => shape

const fileOf = (one: Case, opset: number): Uint8Array => {
  const used = new Set(one.nodes(opset).flatMap(({ input }) => input))
  const parts: ModelParts = {
    nodes: [node('Relu', ['x'], ['r']), ...one.nodes(opset)],
    initializers: initializers.filter(({ name }) => used.has(name)),
    inputs: { x: shapeOf(one) },
    outputs: { y: { dtype: 'float32', shape: undefined } },
  }
  return model({ ...parts, opset, irVersion: opset < 9 ? 4 : 10 })
}

const feeds = (one: Case) => {
  const dims = shapeOf(one)
  return { x: { dims, values: ramp(dims.reduce((a, b) => a * b, 1)) } }
}

const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 5))

describe.each(cases.map((one, i) => [`${i} ${one.kind}`, one] as const))('%s', (_, one) => {
  test.each(opsets.filter((opset) => opset >= (one.since ?? 7)))('opset %i', async (opset) => {
    const bytes = fileOf(one, opset)
    const imported = await importOnnx(bytes)
    const kinds = [...imported.root.children.values()].map(({ kind }) => kind)
    expect(kinds).toContain(one.kind)
    expect(Buffer.compare(await serializeOnnx(imported), bytes)).toBe(0)

    const written = await serializeOnnx(withCopies(imported))
    const again = await importOnnx(written)
    expect([...again.root.children.values()].map(({ kind }) => kind)).toEqual(kinds)
    const [before, after] = [await runOnnx(bytes, feeds(one)), await runOnnx(written, feeds(one))]
    expect(after['y']?.dims).toEqual(before['y']?.dims)
    expect(after['y']?.values).toEqual(close(before['y']?.values ?? []))
  })
})

describe('a MatMul that gets a bias', () => {
  const bias = floatTensor(ramp(4), [4])
  const operators = async (shape: readonly (number | string)[] | undefined): Promise<string[]> => {
    const original = await importOnnx(
      model({
        nodes: [node('MatMul', ['x', 'w'], ['y'], {}, { name: 'fc' })],
        initializers: [weights('w', 3, 4)],
        inputs: { x: { dtype: 'float32', shape } },
        outputs: { y: { dtype: 'float32', shape: undefined } },
      }),
    )
    const linear = withAttrs(original.root.children.get('fc') as LinearModule, { bias })
    const edited = original.with(replaceModules(original.root, new Map([['fc', linear]])))
    const again = documentOf(await importOnnx(await serializeOnnx(edited)))
    return again?.nodes.map(({ node: { opType } }) => opType) ?? []
  }

  test('becomes one Gemm where its input is a matrix, else a MatMul and an Add', async () => {
    expect(await operators(['n', 3])).toEqual(['Gemm'])
    expect(await operators(['n', 5, 3])).toEqual(['MatMul', 'Add'])
    expect(await operators(undefined)).toEqual(['MatMul', 'Add'])
  })
})

test('a weight that is turned to be read is the tensor of the file when it is written', async () => {
  const original = await importOnnx(fileOf({ kind: '', nodes: single('MatMul', ['square']) }, 17))
  expect([...initializerTensors(withCopies(original)).keys()]).toEqual(['square'])
})

describe('what an opset cannot say', () => {
  const x = { dtype: 'float32', shape: [0, 3] } as const
  const written = (layer: AnyModule, opset: number, type: ValueType = x): Promise<Uint8Array> =>
    serializeOnnx(
      graphModule({ layer }, (m, x) => m.layer(x), { inputs: { x: type } }),
      { opset },
    )

  test('a size of 0 before opset 14, and one that is copied beside it', async () => {
    const layer = Reshape({ shape: [0, 'copy'] })
    await expect(written(layer, 13)).rejects.toMatchObject({ code: 'CANNOT_EXPRESS' })
    await expect(written(layer, 14)).resolves.toBeDefined()
    const open = { dtype: 'float32', shape: [0, 'n'] } as const
    await expect(written(layer, 14, open)).rejects.toMatchObject({ code: 'CANNOT_EXPRESS' })
  })

  test('axes from the end of an unknown rank, before opset 11', async () => {
    const layer = Squeeze({ axes: [-1] })
    const unknown = { dtype: 'float32', shape: undefined } as const
    await expect(written(layer, 10, unknown)).rejects.toMatchObject({ code: 'CANNOT_EXPRESS' })
    await expect(written(layer, 10, { dtype: 'float32', shape: [2, 1] })).resolves.toBeDefined()
    await expect(written(layer, 11, unknown)).resolves.toBeDefined()
  })
})
