/*
 * Models for benchmarks, made with the library itself from seeds: nothing is downloaded. Weights are computed while the
 * file is written, one at a time.
 */

import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  AdaptiveAvgPool2d,
  Add,
  BatchNorm2d,
  Conv2d,
  deferredTensor,
  elementCount,
  Flatten,
  floatTensor,
  graphModule,
  Linear,
  MaxPool2d,
  ReLU,
  Sequential,
} from '../../packages/ir/dist/index.js'
import { writeOnnx } from '../../packages/onnx/dist/node.js'
import { root } from '../workspace.mjs'

/** @import { AnyModule, Tensor } from '../../packages/ir/dist/index.js' */

/** A generator of numbers: xorshift32, in [0, 1). @param {number} seed */
const numbers = (seed) => {
  let state = seed | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

/** Layers with weights from one seed. */
class Layers {
  #seed = 1

  /**
   * @param {number[]} shape
   * @param {number} low
   * @param {number} high
   * @returns {Tensor}
   */
  tensor(shape, low, high) {
    this.#seed += 1
    const next = numbers(this.#seed * 2654435761)
    const count = elementCount(shape)
    const compute = () =>
      new Uint8Array(Float32Array.from({ length: count }, () => low + (high - low) * next()).buffer)
    return count < 4096
      ? floatTensor(new Float32Array(compute().buffer), shape)
      : deferredTensor('float32', shape, [], compute)
  }

  /**
   * @param {number} from
   * @param {number} to
   * @param {number} size
   * @param {number} [stride]
   */
  conv(from, to, size, stride = 1) {
    const bound = Math.sqrt(6 / (from * size * size)) // He's
    const weight = this.tensor([to, from, size, size], -bound, bound)
    return Conv2d({ weight, stride, padding: size >> 1 })
  }

  /** @param {number} channels */
  norm(channels) {
    return BatchNorm2d({
      numFeatures: channels,
      weight: this.tensor([channels], 0.5, 1.5),
      bias: this.tensor([channels], -0.2, 0.2),
      runningMean: this.tensor([channels], -0.2, 0.2),
      runningVar: this.tensor([channels], 0.5, 1.5),
    })
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  linear(from, to) {
    const bound = Math.sqrt(3 / from)
    return Linear({ weight: this.tensor([to, from], -bound, bound), bias: this.tensor([to], -bound, bound) })
  }
}

/**
 * A bottleneck block of ResNet.
 *
 * @param {Layers} nn
 * @param {number} from
 * @param {number} width
 * @param {number} stride
 * @returns {AnyModule}
 */
const bottleneck = (nn, from, width, stride) => {
  const to = 4 * width
  const children = {
    conv1: nn.conv(from, width, 1),
    bn1: nn.norm(width),
    conv2: nn.conv(width, width, 3, stride),
    bn2: nn.norm(width),
    conv3: nn.conv(width, to, 1),
    bn3: nn.norm(to),
    relu1: ReLU(),
    relu2: ReLU(),
    relu3: ReLU(),
    add: Add(),
  }
  if (from === to && stride === 1) {
    return graphModule(children, (m, x) =>
      m.relu3(m.add(m.bn3(m.conv3(m.relu2(m.bn2(m.conv2(m.relu1(m.bn1(m.conv1(x)))))))), x)),
    )
  }
  const downsample = Sequential([nn.conv(from, to, 1, stride), nn.norm(to)])
  return graphModule({ ...children, downsample }, (m, x) =>
    m.relu3(m.add(m.bn3(m.conv3(m.relu2(m.bn2(m.conv2(m.relu1(m.bn1(m.conv1(x)))))))), m.downsample(x))),
  )
}

/**
 * ResNet with bottlenecks; `[3, 4, 6, 3]` of width 64 is ResNet-50, 102 MB, 53 batch-norms.
 *
 * @param {number[]} depths
 * @param {number} width
 */
export const resnet = (depths, width) => {
  const nn = new Layers()
  /** @type {Record<string, AnyModule>} */
  const children = { conv1: nn.conv(3, width, 7, 2), bn1: nn.norm(width), relu: ReLU() }
  children['maxpool'] = MaxPool2d({ kernelSize: 3, stride: 2, padding: 1 })
  let channels = width
  for (const [i, depth] of depths.entries()) {
    const inner = width * 2 ** i
    /** @type {AnyModule[]} */
    const blocks = []
    for (let j = 0; j < depth; j += 1) {
      blocks.push(bottleneck(nn, channels, inner, i > 0 && j === 0 ? 2 : 1))
      channels = 4 * inner
    }
    children[`layer${i + 1}`] = Sequential(blocks)
  }
  children['avgpool'] = AdaptiveAvgPool2d({ outputSize: 1 })
  children['flatten'] = Flatten()
  children['fc'] = nn.linear(channels, 1000)
  return Sequential(children)
}

/** A tenth of its bytes in convolutions with batch-norms, the rest in linear layers without. */
const mostlyLinear = () => {
  const nn = new Layers()
  /** @type {Record<string, AnyModule>} */
  const children = {}
  for (let i = 0; i < 7; i += 1) {
    children[`conv${i}`] = nn.conv(i === 0 ? 3 : 1024, 1024, 3)
    children[`bn${i}`] = nn.norm(1024)
    children[`relu${i}`] = ReLU()
  }
  children['avgpool'] = AdaptiveAvgPool2d({ outputSize: 1 })
  children['flatten'] = Flatten()
  for (let i = 0; i < 9; i += 1) children[`fc${i}`] = nn.linear(i === 0 ? 1024 : 8192, 8192)
  return Sequential(children)
}

/** @type {Record<string, { name: string, make: () => AnyModule, external?: boolean }>} */
export const benchModels = {
  small: { name: 'ResNet-50 of width 23', make: () => resnet([3, 4, 6, 3], 23) },
  resnet50: { name: 'ResNet-50', make: () => resnet([3, 4, 6, 3], 64) },
  large: { name: 'ResNet-50 of width 142', make: () => resnet([3, 4, 6, 3], 142) },
  huge: { name: 'mostly linear, external data', make: mostlyLinear, external: true },
}

const folder = join(root, '.cache/bench')

/**
 * The file of a model, made when it is not there.
 *
 * @param {string} key
 */
export const benchModel = async (key) => {
  const path = join(folder, `${key}.onnx`)
  const model = benchModels[key]
  if (model === undefined) throw new Error(`there is no model ${key}`)
  if (existsSync(path)) return path
  mkdirSync(folder, { recursive: true })
  const inputs = { x: /** @type {const} */ ({ dtype: 'float32', shape: ['N', 3, 224, 224] }) }
  await writeOnnx(model.make(), path, { inputs, ...(model.external && { externalData: true }) })
  return path
}
