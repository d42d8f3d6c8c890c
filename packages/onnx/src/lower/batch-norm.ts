import { type BatchNormAttrs, floatTensor, type Tensor } from '@nnfuse/ir'
import type { DraftValue } from '../draft.js'
import { cannotExpress } from '../errors.js'
import type { Emit } from './emit.js'

const filled = (value: number, { runningMean, numFeatures }: BatchNormAttrs): Tensor =>
  floatTensor(new Array(numFeatures).fill(value), [numFeatures], runningMean?.dtype)

const batchStatistics =
  'Call inference(model) first: a file for inference normalizes with the running statistics.'

export const batchNorm = (
  emit: Emit,
  x: DraftValue,
  attrs: BatchNormAttrs,
  training: boolean,
): DraftValue => {
  const { weight, bias, runningMean, runningVar, eps, momentum } = attrs
  if (training) throw cannotExpress(emit.path, 'the batch-norm is in training mode', batchStatistics)
  if (!runningMean || !runningVar) {
    throw cannotExpress(
      emit.path,
      'the batch-norm keeps no running statistics, so it normalizes by the batch',
    )
  }
  const parameters: readonly (readonly [Tensor, string])[] = [
    [weight ?? filled(1, attrs), 'weight'],
    [bias ?? filled(0, attrs), 'bias'],
    [runningMean, 'running_mean'],
    [runningVar, 'running_var'],
  ]
  const tensors = parameters.map(([tensor, name]) => emit.tensor(tensor, name, 'BatchNormalization'))
  return emit.node('BatchNormalization', [x, ...tensors], x.type, {
    epsilon: { float: eps },
    ...(momentum !== null && { momentum: { float: 1 - momentum } }),
  })
}
