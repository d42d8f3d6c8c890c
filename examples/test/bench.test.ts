import { mkdtempSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fuseFile } from '@nnfuse/cli'
import {
  type AnyModule,
  decode,
  elementCount,
  floatTensor,
  loadStateDict,
  readBytes,
  stateDict,
  type Tensor,
} from '@nnfuse/ir'
import { importOnnx, serializeOnnx } from '@nnfuse/onnx'
import { writeOnnx } from '@nnfuse/onnx/node'
import { fuse } from 'nnfuse'
import { afterAll, expect, test } from 'vitest'

/*
 * What `npm run bench` measures, for its bytes and not its time: a file that was fused the fast way (weights read, scaled
 * by the vector kernel and written piece by piece) is the one that plain arithmetic gives, tensor by tensor in memory.
 */

interface BenchModels {
  readonly resnet: (depths: readonly number[], width: number) => AnyModule
}

const folder = mkdtempSync(join(tmpdir(), 'nnfuse-bench-'))
const input = join(folder, 'net.onnx')
const output = join(folder, 'fused.onnx')

afterAll(() => rm(folder, { recursive: true, force: true }))

const round = Math.fround
const eps = round(1e-5)

const valuesOf = async (tensor: Tensor): Promise<Float32Array> =>
  decode(await readBytes(tensor), 'float32') as Float32Array

/** `conv2` is followed by `bn2`, the first layer of a shortcut by its second. */
const batchNormAfter = (layer: string): string =>
  layer.endsWith('downsample.0') ? layer.replace(/0$/, '1') : layer.replace(/conv(\d)$/, 'bn$1')

type State = ReadonlyMap<string, Tensor>

/** torch's order of roundings: `W * (gamma * r)` and `((0 - mean) * r) * gamma + beta`, `r = 1 / sqrt(var + eps)`. */
const foldSlowly = async (state: State, layer: string): Promise<{ weight: Tensor; bias: Tensor }> => {
  const tensorOf = (key: string): Tensor => state.get(key) as Tensor
  const bn = batchNormAfter(layer)
  const [gamma, beta, mean, variance] = (await Promise.all(
    ['weight', 'bias', 'running_mean', 'running_var'].map((key) => valuesOf(tensorOf(`${bn}.${key}`))),
  )) as [Float32Array, Float32Array, Float32Array, Float32Array]
  const root = variance.map((value) => 1 / round(Math.sqrt(round(value + eps))))
  const { shape } = tensorOf(`${layer}.weight`)
  const perChannel = elementCount(shape.slice(1))
  const scale = gamma.map((value, i) => value * (root[i] as number))
  const weight = (await valuesOf(tensorOf(`${layer}.weight`))).map(
    (value, i) => value * (scale[Math.floor(i / perChannel)] as number),
  )
  const bias = beta.map((value, i) => {
    const centred = round(round(0 - (mean[i] as number)) * (root[i] as number))
    return round(centred * (gamma[i] as number)) + value
  })
  return { weight: floatTensor(weight, shape), bias: floatTensor(bias, [bias.length]) }
}

const fuseSlowly = async (bytes: Uint8Array): Promise<{ bytes: Uint8Array; folds: number }> => {
  const model = await importOnnx(bytes)
  const before = stateDict(model.root)
  const { model: fused } = fuse(model)
  const after = new Map(stateDict(fused.root))
  const layers = [...before.keys()]
    .filter((key) => /(?:conv\d|downsample\.0)\.weight$/.test(key))
    .map((key) => key.replace(/\.weight$/, ''))
  for (const layer of layers) {
    const inner = after.has(`${layer}.0.weight`) ? `${layer}.0` : layer // in one with its ReLU
    const { weight, bias } = await foldSlowly(before, layer)
    after.set(`${inner}.weight`, weight).set(`${inner}.bias`, bias)
  }
  fused.root = loadStateDict(fused.root, after) // refuses keys that the fused model has not
  return { bytes: await serializeOnnx(fused), folds: layers.length }
}

test('a ResNet that is fused the fast way has the bytes of plain arithmetic', async () => {
  const { resnet } = (await import(
    new URL('../../scripts/bench/models.mjs', import.meta.url).href
  )) as BenchModels
  const inputs = { x: { dtype: 'float32', shape: ['N', 3, 64, 64] } } as const
  await writeOnnx(resnet([1, 2, 1, 1], 24), input, { inputs })
  await fuseFile(input, { output, verify: false })

  const slow = await fuseSlowly(readFileSync(input))
  expect(slow.folds).toBe(20)
  expect(readFileSync(output).equals(slow.bytes)).toBe(true)
}, 30_000)
