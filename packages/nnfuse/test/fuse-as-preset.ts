import { Constant, type GraphModuleOf, type Model, print } from '@nnfuse/ir'
import type { Report } from '@nnfuse/pass-manager'
import { fuse, type Preset, presets } from '../src/index.js'
import { floats } from './disagreements.js'
import { buildFxModel, type FxCase } from './fx-case.js'
import { distance, runOn } from './run-on.js'

/** What a preset made of a case. */
export interface PresetOutcome {
  readonly rules: readonly string[]
  /** Kinds of what the fused model calls, in order; constants are none in torch. */
  readonly kinds: readonly string[]
  readonly printed: string
  readonly report: Report
  /** Largest difference from what the unfused model gives, relative to its largest number. */
  readonly error: number
  /** The same of torch's fused model, where it made one. */
  readonly errorOfTorch: number | undefined
}

const calledKinds = ({ root }: Model): string[] => {
  const { children, attrs } = root as GraphModuleOf
  const kinds = attrs.calls.map(({ target }) => children.get(target)?.kind ?? 'nothing')
  return kinds.filter((kind) => kind !== Constant.kind)
}

const presetOf = ({ backend }: FxCase): Preset => {
  if (backend === 'qat') throw new Error('no preset trains')
  return presets[backend]()
}

/** Fuses the model of a case as the preset for its backend does, and runs it before and after. */
export const fuseAsPreset = async (
  testCase: FxCase,
  preset: Preset = presetOf(testCase),
): Promise<PresetOutcome> => {
  const { run: shape, torch } = testCase
  const unfused = buildFxModel(testCase)
  const { model, report } = fuse(unfused, { ...preset, inputs: [{ dtype: 'float32', shape }] })
  const expected = await runOn(unfused, shape)
  return {
    rules: report.applied.map(({ rule }) => rule),
    kinds: calledKinds(model),
    printed: print(model.root),
    report,
    error: distance(expected, await runOn(model, shape)),
    errorOfTorch: torch.output === undefined ? undefined : distance(expected, floats(torch.output)),
  }
}
