import { convBn, convBnAdd } from '@nnfuse/fuser-conv-bn'
import { convAdd, linearRelu } from '@nnfuse/fuser-linear-relu'
import { type AnyModule, BatchNorm1d, LeakyReLU, Linear, Tanh } from '@nnfuse/ir'
import { oneOf, type Rule, rule, type SlotLike } from '@nnfuse/matcher'
import { flatten, fuse, type Pass, type Plugin, pipeline } from '@nnfuse/pass-manager'

/*
 * The fusion tables of PyTorch's FX graph mode, backend by backend: `get_native_backend_config()` and its siblings in
 * torch.ao.quantization.backend_config, torch 2.13. A table lists most rows twice, once for the module and once for the
 * function (ReLU and F.relu, torch.add and +); here these are one kind and one row.
 */

/** Options for `fuse` and `explain`. */
export interface Preset {
  /** The fusers of nnfuse, each with those of its rules that the table has. */
  readonly plugins: readonly Plugin[]
  /**
   * One round, and nothing dropped, as in PyTorch: what a fold leaves is not fused again, and a Dropout in between
   * keeps layers apart.
   */
  readonly pipeline: Pass
}

/** Names of rules. Among equally many layers an earlier row is preferred. */
type Table = readonly string[]

const executorchRows: Table = ['conv2d-bn-relu', 'conv2d-relu', 'conv2d-bn']

const convAndLinearRows: Table = [
  ...['conv1d-bn-relu', 'conv2d-bn-relu', 'conv3d-bn-relu'],
  ...['conv1d-relu', 'conv2d-relu', 'conv3d-relu', 'linear-relu'],
  ...['conv1d-bn', 'conv2d-bn', 'conv3d-bn', 'linear-bn'],
]

const transposedRows: Table = ['conv-transpose1d-bn', 'conv-transpose2d-bn', 'conv-transpose3d-bn']

const tensorrtRows: Table = [...convAndLinearRows, ...transposedRows]

/**
 * PyTorch walks a graph from its end and takes the first match it comes to: of transposed convolution, batch-norm and
 * ReLU, which no row has together, the last two are fused.
 */
const nativeRows: Table = [...convAndLinearRows, 'bn2d-relu', 'bn3d-relu', ...transposedRows]

const onednnRows: Table = [
  ...['conv2d-bn-add-relu', 'conv2d-bn-add', 'conv2d-add-relu', 'conv2d-add'],
  ...['linear-bn-activation', 'linear-activation'],
  ...nativeRows,
]

/** Rules whose patterns take more kinds of layers than a table: the kinds of the table. */
const narrower: Readonly<Record<string, readonly SlotLike[]>> = {
  'linear-bn-activation': [Linear, BatchNorm1d, LeakyReLU],
  'linear-activation': [Linear, oneOf(LeakyReLU, Tanh)],
}

const narrow = (known: Rule): Rule => {
  const kinds = narrower[known.name]
  if (kinds === undefined) return known
  const { pattern, slots } = rule(known.name, kinds, (...layers) => layers[0] as AnyModule)
  return { ...known, pattern, slots }
}

const onlyRowsOf =
  (table: Table) =>
  ({ rules = [], ...plugin }: Plugin): Plugin => ({
    ...plugin,
    rules: rules
      .filter(({ name }) => table.includes(name))
      .map((known) => ({ ...narrow(known), benefit: table.length - table.indexOf(known.name) })),
  })

const fromTable = (table: Table): Preset => ({
  plugins: [convBn(), convBnAdd(), linearRelu(), convAdd()]
    .map(onlyRowsOf(table))
    .filter(({ rules = [] }) => rules.length > 0),
  pipeline: pipeline(flatten, fuse),
})

/**
 * What PyTorch's `fuse_fx` fuses for a backend, and nothing else, in its order of preference: more layers first, then
 * as the table says. Where PyTorch fails or computes something else, these do it right or leave the layers and say
 * why; docs/differences-from-pytorch.md has the cases.
 *
 * To go on until nothing changes, take the plugins alone: `fuse(model, { plugins: presets.native().plugins })`.
 *
 * @example
 * ```ts
 * const { model, report } = fuse(resnet, presets.onednn())
 * ```
 */
export const presets: {
  /**
   * The 25 rows of `get_native_backend_config()`, which `fbgemm`, `qnnpack` and `x86` share: batch-norm folded into
   * convolutions, transposed convolutions and linear layers; ReLU held together with convolutions, linear layers,
   * `BatchNorm2d` and `BatchNorm3d`.
   */
  readonly native: () => Preset
  /**
   * The 46 rows of `get_onednn_backend_config()`: those of {@link native}, a `Conv2d` (and its batch-norm, folded) with
   * what is added to its output and the ReLU after it, and LeakyReLU and Tanh after a linear layer.
   */
  readonly onednn: () => Preset
  /** The 5 rows of `get_executorch_backend_config()`: `Conv2d` with batch-norm, ReLU, or both. */
  readonly executorch: () => Preset
  /** The 21 rows of `get_tensorrt_backend_config()`: those of {@link native} without ReLU after a batch-norm alone. */
  readonly tensorrt: () => Preset
} = {
  native: () => fromTable(nativeRows),
  onednn: () => fromTable(onednnRows),
  executorch: () => fromTable(executorchRows),
  tensorrt: () => fromTable(tensorrtRows),
}
