import { type AnyModule, Conv2d, manualSeed, Pad, type PadPair, Sequential, Transpose } from '@nnfuse/ir'
import { layerGenerator, type RuleCases, shapesWithAxes, testPlugin } from '@nnfuse/testing'
import { array, integer, tuple } from 'fast-check'
import { test } from 'vitest'
import { affineRules } from './rules.js'

const nn = manualSeed(0)

const unpadded: readonly PadPair[] = [
  [0, 0],
  [0, 0],
]

const around = (pads: readonly PadPair[], value = 0) => Pad({ pads: [...unpadded, ...pads], value })

const pair = tuple(integer({ min: 0, max: 2 }), integer({ min: 0, max: 2 }))

/** Zeros around the spatial axes of values with so many of them. */
const arbitraryZeros = (axes: number) =>
  layerGenerator(shapesWithAxes(axes), () =>
    array(pair, { minLength: axes, maxLength: axes }).map((pads) => around(pads)),
  )

const image = [[2, 3, 5, 4]]
const uneven: readonly PadPair[] = [
  [1, 2],
  [0, 1],
]
const strided = Conv2d({ ...nn.Conv2d(3, 4, 3).attrs, stride: [2, 1], padding: [1, 0] })
const twice = (pad: AnyModule, conv: AnyModule) => Sequential([pad, conv])

const cases: Record<string, RuleCases> = {
  'pad-conv1d': {
    fuses: [{ model: twice(around([[2, 1]]), nn.Conv1d(3, 4, 3)), inputs: [[2, 3, 5]] }],
  },
  'pad-conv2d': {
    fuses: [
      {
        model: twice(around(uneven), nn.Conv2d(3, 4, 3)),
        inputs: image,
        prints: `
          nn.GraphModule (x) -> (1)
            0: nn.Conv2d(3 -> 4, 3x3, padding 1+2x0+1) : 1 <- x
        `,
      },
      { model: twice(around(uneven), strided), inputs: image },
    ],
    declines: [
      { model: twice(around(uneven, 1), nn.Conv2d(3, 4, 3)), reason: '0 puts 1 around, not zeros' },
      {
        model: twice(around(uneven), nn.Conv2d(3, 4, 3, { padding: 'same' })),
        reason: '1 pads by the size of its input',
      },
      {
        model: twice(around(uneven), nn.Conv2d(3, 4, 3, { padding: 1, paddingMode: 'reflect' })),
        reason: '1 pads with reflect',
      },
      {
        model: twice(Pad({ pads: [[0, 0], [1, 0], ...unpadded] }), nn.Conv2d(4, 4, 1)),
        reason: "0 pads more than the axes of 1's kernel",
      },
    ],
  },
  'pad-conv3d': {
    fuses: [{ model: twice(around([...uneven, [1, 1]]), nn.Conv3d(2, 3, 3)), inputs: [[1, 2, 3, 3, 3]] }],
  },
  'transpose-transpose': {
    fuses: [
      {
        model: Sequential([Transpose({ perm: [0, 2, 3, 1] }), Transpose({ perm: [0, 3, 1, 2] })]),
        inputs: image,
      },
    ],
    declines: [
      {
        model: Sequential([Transpose({ perm: [0, 2, 3, 1] }), Transpose({ perm: [0, 2, 3, 1] })]),
        reason: '1 does not undo 0',
      },
    ],
  },
}

// A generator is for a kind, and values of as many axes as the convolution wants: so each rule has its own.
for (const [i, rule] of affineRules.entries()) {
  const generators = i < 3 ? { [Pad.kind]: arbitraryZeros(i + 1) } : {}
  testPlugin(
    { name: rule.name, rules: [rule] },
    { [rule.name]: cases[rule.name] as RuleCases },
    { test, generators },
  )
}
