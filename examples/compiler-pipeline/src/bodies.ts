import {
  AdaptiveAvgPool2d,
  type AnyKind,
  type AnyModule,
  BatchNorm1d,
  BatchNorm2d,
  type BatchNormModule,
  Conv2d,
  elementCount,
  Linear,
  MaxPool2d,
  type ModuleOf,
  type Tensor,
} from '@nnfuse/ir'
import { isPlainPadding, overWindow } from './over-window.js'

type Sizes = readonly number[]

/** What computes one element of an output. */
export interface Body {
  readonly name: string
  readonly weights: Readonly<Record<string, Tensor>>
  readonly code: string
}

/** The body for a layer whose first input and whose output have these sizes; undefined where none is written. */
type MakeBody<K extends AnyKind> = (layer: ModuleOf<K>, input: Sizes, output: Sizes) => Body | undefined

const biasOf = (bias: Tensor | null): Pick<Body, 'weights' | 'code'> =>
  bias === null ? { weights: {}, code: '0.0' } : { weights: { bias }, code: 'bias[channel]' }

const conv2d: MakeBody<typeof Conv2d> = ({ attrs }, [, channels = 0, ...input], [, out = 0, ...output]) => {
  const { weight, stride, padding, dilation, groups, paddingMode } = attrs
  if (!isPlainPadding(padding) || paddingMode !== 'zeros') return undefined
  const [depth, ...size] = weight.shape.slice(1) as [number, ...number[]]
  const bias = biasOf(attrs.bias)
  const code = `
  let channel = i / ${elementCount(output)} % ${out};
  let image = i / ${elementCount(output) * out};
  var value = ${bias.code};
  for (var c = 0; c < ${depth}; c++) {
    let plane = image * ${channels} + channel / ${out / groups} * ${depth} + c;
    let first = channel * ${depth} + c;${overWindow(
      { size, stride, padding, dilation, input, output },
      `value += x[at] * weight[first * ${elementCount(size)} + tap];`,
    )}
  }`
  return { name: 'conv2d', weights: { weight, ...bias.weights }, code }
}

const linear: MakeBody<typeof Linear> = ({ attrs: { weight, bias: given } }) => {
  const [out, depth] = weight.shape
  const bias = biasOf(given)
  const code = `
  let channel = i % ${out};
  var value = ${bias.code};
  for (var c = 0; c < ${depth}; c++) {
    value += x[i / ${out} * ${depth} + c] * weight[channel * ${depth} + c];
  }`
  return { name: 'linear', weights: { weight, ...bias.weights }, code }
}

const batchNorm = (
  { attrs, training }: BatchNormModule,
  [, channels = 0, ...inner]: Sizes,
): Body | undefined => {
  const { weight, bias, runningMean, runningVar, eps } = attrs
  if (training || !weight || !bias || !runningMean || !runningVar) return undefined
  const code = `
  let channel = i / ${elementCount(inner)} % ${channels};
  let factor = weight[channel] * inverseSqrt(variance[channel] + ${eps});
  var value = (x[i] - mean[channel]) * factor + bias[channel];`
  return { name: 'batch-norm', weights: { weight, bias, mean: runningMean, variance: runningVar }, code }
}

const maxPool2d: MakeBody<typeof MaxPool2d> = ({ attrs }, [, , ...input], [, , ...output]) => {
  const { kernelSize: size, stride, padding, dilation } = attrs
  if (!isPlainPadding(padding)) return undefined
  const window = { size, stride, padding, dilation, input, output }
  const code = `
  let plane = i / ${elementCount(output)};
  var value = -0x1.fffffep+127f;${overWindow(window, 'value = max(value, x[at]);')}`
  return { name: 'max-pool2d', weights: {}, code }
}

const globalAverage: MakeBody<typeof AdaptiveAvgPool2d> = ({ attrs }, [, , ...input]) => {
  if (!attrs.outputSize.every((size) => size === 1)) return undefined
  const code = `
  var sum = 0.0;
  for (var k = 0; k < ${elementCount(input)}; k++) {
    sum += x[i * ${elementCount(input)} + k];
  }
  var value = sum / ${elementCount(input)}.0;`
  return { name: 'global-average', weights: {}, code }
}

const row = <K extends AnyKind>(kind: K, make: MakeBody<K>): [string, MakeBody<AnyKind>] => [
  kind.kind,
  make as MakeBody<AnyKind>,
]

const bodies = new Map([
  row(Conv2d, conv2d),
  row(Linear, linear),
  row(BatchNorm1d, batchNorm),
  row(BatchNorm2d, batchNorm),
  row(MaxPool2d, maxPool2d),
  row(AdaptiveAvgPool2d, globalAverage),
])

/** The body for a layer, if one is written. */
export const bodyOf = (layer: AnyModule, input: Sizes, output: Sizes): Body | undefined =>
  bodies.get(layer.kind)?.(layer, input, output)
