import {
  type AnyModule,
  Conv2d,
  type ConvModule,
  ConvTranspose2d,
  elementCount,
  encode,
  findModule,
  floatTensor,
  Linear,
  type Quantized,
  quantizedOf,
  quantizedTensor,
  ReLU,
  readBytes,
  Sequential,
  type Tensor,
  tensorOf,
  withAttrs,
} from '@nnfuse/ir'
import { compareOutputs } from '@nnfuse/testing'
import { expect, test } from 'vitest'
import { bn1d, bn2d, type Case, fuseAffine, image, kindsOf } from '../test/affine-case.js'

const integers = (dtype: 'int8' | 'uint8', shape: readonly number[], values: (i: number) => number): Tensor =>
  tensorOf(
    dtype,
    shape,
    encode(
      Array.from({ length: elementCount(shape) }, (_, i) => values(i)),
      dtype,
    ),
  )

const scales = (count: number): Tensor =>
  floatTensor(
    Array.from({ length: count }, (_, i) => 0.01 * (i + 1)),
    count === 1 ? [] : [count],
  )

/** A weight of integers from -100 to 100 without a zero point and with one scale, unless told. */
const weight = (shape: readonly number[], given: Partial<Quantized> = {}): Tensor =>
  quantizedTensor({
    values: integers('int8', shape, (i) => ((i * 37) % 201) - 100),
    scale: scales(1),
    zeroPoint: null,
    axis: undefined,
    ...given,
  })

/** Channels 0 and 1 turned around. */
const negative = withAttrs(bn2d(4), { weight: floatTensor([-1, -2, 1, 1], [4]) })

const conv = Conv2d({ weight: weight([4, 3, 1, 1]), bias: floatTensor([1, 2, 3, 4], [4]) })
const perChannel = { scale: scales(4), axis: 0 }
const turned = { scale: scales(3), axis: 1 }
const unsigned: Partial<Quantized> = {
  values: integers('uint8', [4, 3, 1, 1], (i) => (i * 37) % 255),
  zeroPoint: tensorOf('uint8', [], Uint8Array.of(120)),
}

interface Taken extends Case {
  /** How many scales there are afterwards, and along which axis. */
  readonly scales: readonly [count: number, axis: number | undefined]
}

const taken: Record<string, Taken> = {
  'one scale becomes one a channel': {
    model: Sequential([conv, bn2d(4)]),
    inputs: [image],
    leaves: 'Conv2d',
    scales: [4, 0],
  },
  'so does one zero point': {
    model: Sequential([Conv2d({ weight: weight([4, 3, 1, 1], unsigned) }), bn2d(4)]),
    inputs: [image],
    leaves: 'Conv2d',
    scales: [4, 0],
  },
  'scales for each channel stay that': {
    model: Sequential([Conv2d({ weight: weight([4, 3, 2, 2], perChannel) }), bn2d(4)]),
    inputs: [image],
    leaves: 'Conv2d',
    scales: [4, 0],
  },
  'a batch-norm before goes along the axis of the input channels': {
    model: Sequential([bn2d(3), Conv2d({ weight: weight([4, 3, 2, 2], turned) })]),
    inputs: [image],
    leaves: 'Conv2d',
    scales: [3, 1],
  },
  'channels of a transposed convolution are its second axis': {
    model: Sequential([ConvTranspose2d({ weight: weight([3, 4, 2, 2]) }), bn2d(4)]),
    inputs: [image],
    leaves: 'ConvTranspose2d',
    scales: [4, 1],
  },
  'of a depthwise one, the first': {
    model: Sequential([ConvTranspose2d({ weight: weight([4, 1, 2, 2]), groups: 4 }), bn2d(4)]),
    inputs: [[2, 4, 5, 4]],
    leaves: 'ConvTranspose2d',
    scales: [4, 0],
  },
  'a linear layer': {
    model: Sequential([Linear({ weight: weight([4, 3]) }), bn1d(4), ReLU()]),
    inputs: [[5, 3]],
    leaves: 'Linear ReLU',
    scales: [4, 0],
  },
}

const weightOf = (module: AnyModule): Quantized =>
  quantizedOf((module as ConvModule).attrs.weight) as Quantized

test.each(Object.entries(taken))('%s', async (_, { model, inputs, leaves, scales: expected }) => {
  const { stated, fused } = fuseAffine(model, inputs)
  expect(kindsOf(fused).join(' ')).toBe(leaves)
  expect(await compareOutputs(stated, fused, { inputs })).toBeUndefined()
  const isLayer = (module: AnyModule): boolean => 'weight' in (module.attrs as object)
  const [before, after] = [[...model.children.values()], [...fused.children.values()]].map((layers) =>
    weightOf(layers.find((layer) => isLayer(layer) && !layer.kind.includes('Batch')) as AnyModule),
  ) as [Quantized, Quantized]
  expect([elementCount(after.scale.shape), after.axis]).toEqual(expected)
  expect(after.values).toBe(before.values)
  if (after.zeroPoint) expect([...(await readBytes(after.zeroPoint))]).toEqual([120, 120, 120, 120])
})

const left: Record<string, readonly [model: AnyModule, reason: string]> = {
  'a negative factor': [
    Sequential({ conv, bn: negative }),
    'its weight is quantized, and its scale would not be positive',
  ],
  'scales along another axis': [
    Sequential({ conv: Conv2d({ weight: weight([4, 3, 1, 1], turned) }), bn: bn2d(4) }),
    'its weight is quantized, with scales along axis 1 and not 0',
  ],
  'one scale, where the file can have no more': [
    Sequential({ conv: Conv2d({ weight: weight([4, 3, 1, 1], { oneScale: 'there is one' }) }), bn: bn2d(4) }),
    'its weight is quantized, and there is one',
  ],
  'channels that lie along two axes': [
    Sequential({ conv: ConvTranspose2d({ weight: weight([4, 2, 1, 1]), groups: 2 }), bn: bn2d(4) }),
    'its weight is quantized, and its channels lie along no one axis of it',
  ],
}

test.each(Object.entries(left))('leaves %s', (_, [model, reason]) => {
  const channels = findModule(model, 'conv').kind === 'nn.Conv2d' ? 3 : 4
  const { stated, fused, report } = fuseAffine(model, [[2, channels, 5, 4]])
  expect(fused).toBe(stated)
  const { kind } = findModule(model, 'conv')
  expect(report.declined.map((decline) => decline.reason)).toContain(`conv (${kind}): ${reason}`)
})
