import {
  type AnyKind,
  type AnyModule,
  Constant,
  floatTensor,
  type GraphModuleOf,
  kind,
  manualSeed,
  stateInputs,
  type Tensor,
  withAttrs,
} from '@nnfuse/ir'
import { createPassManager } from '@nnfuse/pass-manager'
import type { Shape } from '@nnfuse/testing'
import { affine } from '../src/index.js'

export const nn = manualSeed(0)

/** Numbers that are no special case: never 0, never 1, different for each place. */
const numbers = (...shape: number[]): Tensor => {
  const count = shape.reduce((product, size) => product * size, 1)
  return floatTensor(
    Float32Array.from({ length: count }, (_, i) => 0.5 + ((i * 7 + count) % 5) * 0.3),
    shape,
  )
}
export const constant = (...shape: number[]) => Constant(numbers(...shape))

/** Statistics as training leaves them. */
const trained = <M extends ReturnType<typeof nn.BatchNorm2d> | ReturnType<typeof nn.BatchNorm1d>>(
  bn: M,
): M => {
  const size = bn.attrs.numFeatures
  return withAttrs(
    bn as AnyModule,
    {
      weight: numbers(size),
      bias: numbers(size),
      runningMean: numbers(size),
      runningVar: numbers(size),
    } as never,
  ) as M
}
export const bn1d = (size: number) => trained(nn.BatchNorm1d(size))
export const bn2d = (size: number) => trained(nn.BatchNorm2d(size))

export const fuseAffine = (model: AnyModule, shapes: readonly Shape[]) => {
  const stated = stateInputs(
    model,
    shapes.map((shape) => ({ dtype: 'float32', shape })),
  )
  const { model: fused, report } = createPassManager({ plugins: [affine()] }).run(stated)
  return { stated, fused: fused as GraphModuleOf, report }
}

export const kindsOf = ({ attrs, children }: GraphModuleOf): string[] =>
  attrs.calls.map(({ target }) => (children.get(target) as AnyModule).kind.replace('nn.', ''))

/** A model, and what is left of it. */
export interface Case {
  readonly model: AnyModule
  readonly inputs: readonly Shape[]
  /** Kinds of the calls that are left. */
  readonly leaves: string
}

export const image: Shape = [2, 3, 5, 4]

export const opaque = (name: string, forward: NonNullable<AnyKind['definition']['forward']>) =>
  kind('onnx.Op', { create: () => ({ attrs: {} }), forward, describe: () => name })()
export const opaqueReshape = (...shape: number[]) => opaque('Reshape', (ops, _, x) => ops.reshape(x, shape))
/** Nothing that depends on the numbers. */
export const opaqueShape = () => opaque('Shape', (ops, _, x) => ops.sub(x, x))
