import { type Model, type ModelLike, type Note, toModel } from '@nnfuse/ir'
import type { Leftover } from '@nnfuse/matcher'
import { createPassManager, type Pass, type Plugin, type Report } from '@nnfuse/pass-manager'
import { defaultPlugins } from './plugins.js'

export interface FuseOptions {
  /** Default: {@link defaultPlugins}. Of two rules with the same pattern the later plugin's is used. */
  readonly plugins?: readonly Plugin[]
  /** Default: flatten, drop what does nothing, fuse until nothing changes. */
  readonly pipeline?: Pass
}

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
  const { plugins = defaultPlugins(), ...rest } = options
  const held = toModel(model)
  const { model: root, report } = createPassManager({ plugins, ...rest }).run(held.root)
  return {
    model: held.with(root),
    report: { ...report, left: [...held.notes.map(leftByReader), ...report.left] },
  }
}
