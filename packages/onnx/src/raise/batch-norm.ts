import { BatchNorm1d, BatchNorm2d, BatchNorm3d, rankOf, type Tensor } from '@nnfuse/ir'
import type { NodeProto } from 'onnx-buf'
import { readAttributes, shortestFloat } from '../attributes.js'
import { isVector, parameter } from './parameters.js'
import { type RaiseContext, type Raiser, unary } from './raiser.js'

type BatchNormKind = typeof BatchNorm1d | typeof BatchNorm2d | typeof BatchNorm3d

const kinds: ReadonlyMap<number, BatchNormKind> = new Map<number, BatchNormKind>([
  [2, BatchNorm1d],
  [3, BatchNorm1d],
  [4, BatchNorm2d],
  [5, BatchNorm3d],
])

const parameterNames = ['scale', 'bias', 'mean', 'variance'] as const

const parametersOf = (node: NodeProto, context: RaiseContext): readonly Tensor[] | string => {
  const tensors = parameterNames.map((what, i) => parameter(node, i + 1, what, context))
  const reason = tensors.find((tensor) => typeof tensor === 'string')
  return reason ?? (tensors as readonly Tensor[])
}

const trainingReason =
  'it was exported in training mode, where it normalizes by the batch; call model.eval() and export again'

/** In training mode there are further outputs: the new running statistics. */
const isTraining = ({ output }: NodeProto, trainingMode: number | undefined): boolean =>
  (trainingMode ?? 0) !== 0 || output.slice(1).some((name) => name !== '')

/** ONNX's momentum is the weight of the old statistics, torch's that of the new; seven digits undo the float32. */
const momentumOf = (momentum = 0.9): number => Number((1 - shortestFloat(momentum)).toPrecision(7))

export const batchNorm: Raiser = (node, context) => {
  const given = readAttributes(node, {
    epsilon: 'float',
    momentum: 'float',
    spatial: 'int',
    training_mode: 'int',
  })
  if (typeof given === 'string') return given
  if (isTraining(node, given.training_mode)) return trainingReason
  if (given.spatial === 0) return 'it normalizes every position for itself (spatial=0)'
  const tensors = parametersOf(node, context)
  if (typeof tensors === 'string') return tensors
  const [weight, bias, runningMean, runningVar] = tensors as [Tensor, Tensor, Tensor, Tensor]
  const numFeatures = weight.shape[0]
  if (numFeatures === undefined || !tensors.every((tensor) => isVector(tensor, numFeatures))) {
    return 'its parameters do not have one number for each channel'
  }
  const rank = rankOf(context.type(node.input[0]))
  if (rank === undefined)
    return 'the number of axes of its input is not known; run onnx.shape_inference first'
  const kind = kinds.get(rank)
  if (kind === undefined) return `its input has ${rank} axes`
  const epsilon = given.epsilon ?? Math.fround(1e-5)
  const eps = weight.dtype === 'float64' ? epsilon : shortestFloat(epsilon)
  return unary(
    kind({ numFeatures, weight, bias, runningMean, runningVar, eps, momentum: momentumOf(given.momentum) }),
  )
}
