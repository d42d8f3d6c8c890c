import {
  AdaptiveAvgPool2d,
  Add,
  type AnyModule,
  Flatten,
  type GraphModuleOf,
  graphModule,
  Identity,
  MaxPool2d,
  manualSeed,
  ReLU,
  type Seeded,
  Sequential,
} from '@nnfuse/ir'

/*
 * ResNet (He et al., 2015) with torchvision's names, so that PyTorch's paths and state-dict keys fit.
 */

type Block = (nn: Seeded, inputs: number, width: number, stride: number) => GraphModuleOf

const downsample = (nn: Seeded, inputs: number, outputs: number, stride: number): AnyModule =>
  inputs === outputs && stride === 1
    ? Identity()
    : Sequential([nn.Conv2d(inputs, outputs, 1, { stride, bias: false }), nn.BatchNorm2d(outputs)])

const basicBlock: Block = (nn, inputs, width, stride) =>
  graphModule(
    {
      conv1: nn.Conv2d(inputs, width, 3, { stride, padding: 1, bias: false }),
      bn1: nn.BatchNorm2d(width),
      relu: ReLU(),
      conv2: nn.Conv2d(width, width, 3, { padding: 1, bias: false }),
      bn2: nn.BatchNorm2d(width),
      downsample: downsample(nn, inputs, width, stride),
      add: Add(),
    },
    (m, x) => m.relu(m.add(m.bn2(m.conv2(m.relu(m.bn1(m.conv1(x))))), m.downsample(x))),
  )

const expansion = 4

const bottleneck: Block = (nn, inputs, width, stride) =>
  graphModule(
    {
      conv1: nn.Conv2d(inputs, width, 1, { bias: false }),
      bn1: nn.BatchNorm2d(width),
      conv2: nn.Conv2d(width, width, 3, { stride, padding: 1, bias: false }),
      bn2: nn.BatchNorm2d(width),
      conv3: nn.Conv2d(width, width * expansion, 1, { bias: false }),
      bn3: nn.BatchNorm2d(width * expansion),
      relu: ReLU(),
      downsample: downsample(nn, inputs, width * expansion, stride),
      add: Add(),
    },
    (m, x) => {
      const y = m.relu(m.bn2(m.conv2(m.relu(m.bn1(m.conv1(x))))))
      return m.relu(m.add(m.bn3(m.conv3(y)), m.downsample(x)))
    },
  )

const resnet = (nn: Seeded, block: Block, depths: readonly number[], factor: number): GraphModuleOf => {
  let channels = 64
  const stages = depths.map((depth, stage) => {
    const width = 64 * 2 ** stage
    return Sequential(
      Array.from({ length: depth }, (_, i) => {
        const made = block(nn, channels, width, i === 0 && stage > 0 ? 2 : 1)
        channels = width * factor
        return made
      }),
    )
  }) as [AnyModule, AnyModule, AnyModule, AnyModule]
  const [layer1, layer2, layer3, layer4] = stages
  return graphModule(
    {
      conv1: nn.Conv2d(3, 64, 7, { stride: 2, padding: 3, bias: false }),
      bn1: nn.BatchNorm2d(64),
      relu: ReLU(),
      maxpool: MaxPool2d({ kernelSize: 3, stride: 2, padding: 1 }),
      layer1,
      layer2,
      layer3,
      layer4,
      avgpool: AdaptiveAvgPool2d({ outputSize: 1 }),
      flatten: Flatten(),
      fc: nn.Linear(512 * factor, 1000),
    },
    (m, x) => {
      const stem = m.maxpool(m.relu(m.bn1(m.conv1(x))))
      return m.fc(m.flatten(m.avgpool(m.layer4(m.layer3(m.layer2(m.layer1(stem)))))))
    },
    { inputs: { image: { dtype: 'float32', shape: ['batch', 3, 64, 64] } } },
  )
}

/** 11.7 million parameters, 20 batch-norms. */
export const resnet18 = (seed: number): GraphModuleOf => resnet(manualSeed(seed), basicBlock, [2, 2, 2, 2], 1)

/** 25.6 million parameters, 53 batch-norms. */
export const resnet50 = (seed: number): GraphModuleOf =>
  resnet(manualSeed(seed), bottleneck, [3, 4, 6, 3], expansion)
