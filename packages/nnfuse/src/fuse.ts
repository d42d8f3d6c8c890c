import { type Model, type ModelLike, type Note, stateInputs, toModel, type ValueType } from '@nnfuse/ir'
import type { Exactness, Leftover } from '@nnfuse/matcher'
import { createPassManager, type Pass, type Plugin, type Report } from '@nnfuse/pass-manager'
import { defaultPlugins } from './plugins.js'
import { traceProvenance } from './provenance.js'

/** What {@link fuse} can be told. */
export interface FuseOptions {
  /** Default: {@link defaultPlugins}. Of two rules with the same pattern the later plugin's is used. */
  readonly plugins?: readonly Plugin[]
  /** Default: flatten, drop what does nothing, fuse until nothing changes. */
  readonly pipeline?: Pass
  /**
   * Types of the model's inputs, in order, where the model itself does not state them. Some fusions are legal for
   * some shapes only: batch-norm after a linear layer is declined where the number of axes is not known.
   */
  readonly inputs?: readonly ValueType[]
  /** How exact fusing must be: as PyTorch's to the bit, or equal in real arithmetic (default), or but for the border. */
  readonly exact?: Exactness
}

/** The fused model, and what happened to it. */
export interface FuseResult {
  readonly model: Model
  readonly report: Report
}

const leftByReader = ({ path, what, reason }: Note): Leftover => ({ path, kind: what, reasons: [reason] })

/**
 * Finds and fuses everything that is legal. The model that is given stays as it is; weights are not computed before
 * somebody reads or writes them.
 *
 * @returns the fused model, one flat graph whose paths and state-dict keys are those of the layers that are left, and
 * what happened: which rules applied where, and why a layer that looks foldable is still there.
 * @example
 * ```ts
 * const { model, report } = fuse(await readOnnx('resnet50.onnx'))
 * ```
 */
export const fuse = (model: ModelLike, options: FuseOptions = {}): FuseResult => {
  const { plugins = defaultPlugins(), inputs = [], ...rest } = options
  const held = toModel(model)
  const root = inputs.length > 0 ? stateInputs(held.root, inputs) : held.root
  const { model: fused, report } = createPassManager({ plugins, ...rest }).run(root)
  return {
    model: held.with(fused, traceProvenance(held.provenance, report.applied)),
    report: { ...report, left: [...held.notes.map(leftByReader), ...report.left] },
  }
}
