import { floatTensor, type Kind, kind } from '@nnfuse/ir'

/** Layers of PyTorch's own pattern tests that this project has no kinds for. */
type Plain = Kind<string, Record<never, never>, []>

/** `-x` */
export const Neg: Plain = kind('test.Neg', {
  create: () => ({ attrs: {} }),
  forward: (ops, _module, x) => ops.mul(x, ops.constant(floatTensor([-1], []))),
})

/** Stands for any function that has nothing to do with what is looked for. */
export const Sum: Plain = kind('test.Sum', { create: () => ({ attrs: {} }) })
export const AddMM: Plain = kind('test.AddMM', { create: () => ({ attrs: {} }) })
export const Quantize: Plain = kind('test.Quantize', { create: () => ({ attrs: {} }) })
export const Dequantize: Plain = kind('test.Dequantize', { create: () => ({ attrs: {} }) })
