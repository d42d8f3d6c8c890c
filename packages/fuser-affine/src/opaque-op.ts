import { type AnyModule, operatorOf } from '@nnfuse/ir'

/*
 * Operators of ONNX that stay what they are since their arguments are computed while the model runs. What they do to the
 * values that pass through is known all the same.
 */

/** Looks at the shape of a value and not at its numbers, so these may change. */
export const looksAtShapeOnly = (module: AnyModule): boolean =>
  ['Shape', 'Size'].includes(operatorOf(module) ?? '')

/** Gives the mean of each row, column, and so on. */
export const takesMeans = (module: AnyModule): boolean => operatorOf(module) === 'ReduceMean'

/** Gives the largest element of each channel. */
export const takesLargest = (module: AnyModule): boolean => operatorOf(module) === 'GlobalMaxPool'

/** Gives a value another shape, which is computed. */
export const reshapesAsTold = (module: AnyModule): boolean => operatorOf(module) === 'Reshape'
