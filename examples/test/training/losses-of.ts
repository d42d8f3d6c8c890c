import {
  type AnyModule,
  Flatten,
  floatTensor,
  loadStateDict,
  MaxPool2d,
  manualSeed,
  ReLU,
  readValues,
  Sequential,
  stateDict,
  type Tensor,
  train,
} from '@nnfuse/ir'
import { prepareQat, qconfigs } from '@nnfuse/quantization'
import { type Loss, valueAndGrad } from '@nnfuse/runtime'
import { fuse, qatPlugins } from 'nnfuse'

const network = (): AnyModule => {
  const nn = manualSeed(0)
  return Sequential({
    conv1: nn.Conv2d(1, 4, 3, { padding: 1 }),
    bn1: nn.BatchNorm2d(4),
    relu1: ReLU(),
    pool: MaxPool2d({ kernelSize: 2 }),
    conv2: nn.Conv2d(4, 8, 3, { groups: 2 }),
    relu2: ReLU(),
    flat: Flatten(),
    fc: nn.Linear(32, 2),
  })
}

const wave = (shape: readonly number[], seed: number): Tensor =>
  floatTensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(seed + 1.3 * i)),
    shape,
  )

const squares: Loss = (outputs, targets) => {
  const [y, wanted] = [...outputs, ...targets] as [(typeof outputs)[number], (typeof outputs)[number]]
  const difference = y.sub(wanted)
  return difference.ref.mul(difference).mean()
}

const descended = async (model: AnyModule, gradients: ReadonlyMap<string, Tensor>): Promise<AnyModule> => {
  const state = stateDict(model)
  const moved = new Map<string, Tensor>()
  for (const [key, gradient] of gradients) {
    const slopes = (await readValues(gradient)) as Float32Array
    const tensor = state.get(key) as Tensor
    const values = ((await readValues(tensor)) as Float32Array).map((x, i) => x - 0.1 * (slopes[i] as number))
    moved.set(key, floatTensor(values, tensor.shape))
  }
  return loadStateDict(model, moved, { strict: false })
}

/** The losses of some steps of training for integers. */
export const lossesOf = async (device: 'wasm' | 'webgpu'): Promise<number[]> => {
  const { model: fused } = fuse(train(network()), { plugins: qatPlugins() })
  let model: AnyModule = prepareQat(fused, { default: qconfigs.qat.onednn }).root
  const [batch, targets] = [wave([4, 1, 8, 8], 1), [wave([4, 2], 2)]]
  const losses: number[] = []
  for (let step = 0; step < 5; step += 1) {
    const result = await valueAndGrad(model, [batch], squares, { targets, device })
    losses.push(result.value)
    model = await descended(result.model, result.gradients)
  }
  return losses
}
