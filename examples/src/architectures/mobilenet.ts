import {
  AdaptiveAvgPool2d,
  Add,
  type AnyModule,
  Dropout,
  Flatten,
  type GraphModuleOf,
  graphModule,
  manualSeed,
  ReLU6,
  type Seeded,
  Sequential,
} from '@nnfuse/ir'

/*
 * MobileNetV2 (Sandler et al., 2018): inverted residuals around depthwise convolutions.
 */

const convNormAct = (
  nn: Seeded,
  inputs: number,
  outputs: number,
  kernel: number,
  stride = 1,
  groups = 1,
): AnyModule =>
  Sequential([
    nn.Conv2d(inputs, outputs, kernel, { stride, padding: (kernel - 1) / 2, groups, bias: false }),
    nn.BatchNorm2d(outputs),
    ReLU6(),
  ])

const invertedResidual = (
  nn: Seeded,
  inputs: number,
  outputs: number,
  stride: number,
  expand: number,
): AnyModule => {
  const hidden = inputs * expand
  const conv = Sequential([
    ...(expand === 1 ? [] : [convNormAct(nn, inputs, hidden, 1)]),
    convNormAct(nn, hidden, hidden, 3, stride, hidden),
    nn.Conv2d(hidden, outputs, 1, { bias: false }),
    nn.BatchNorm2d(outputs),
  ])
  if (stride !== 1 || inputs !== outputs) return graphModule({ conv }, (m, x) => m.conv(x))
  return graphModule({ conv, add: Add() }, (m, x) => m.add(x, m.conv(x)))
}

/** Expansion, channels, repeats, stride of the first. */
const stages = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const

const features = (nn: Seeded): AnyModule => {
  const blocks = [convNormAct(nn, 3, 32, 3, 2)]
  let channels = 32
  for (const [expand, outputs, repeats, stride] of stages) {
    for (let i = 0; i < repeats; i += 1) {
      blocks.push(invertedResidual(nn, channels, outputs, i === 0 ? stride : 1, expand))
      channels = outputs
    }
  }
  return Sequential([...blocks, convNormAct(nn, channels, 1280, 1)])
}

/** 3.5 million parameters, 52 batch-norms. */
export const mobilenetV2 = (seed: number): GraphModuleOf => {
  const nn = manualSeed(seed)
  return graphModule(
    {
      features: features(nn),
      pool: AdaptiveAvgPool2d({ outputSize: 1 }),
      flatten: Flatten(),
      classifier: Sequential([Dropout({ p: 0.2 }), nn.Linear(1280, 1000)]),
    },
    (m, x) => m.classifier(m.flatten(m.pool(m.features(x)))),
    { inputs: { image: { dtype: 'float32', shape: ['batch', 3, 64, 64] } } },
  )
}
