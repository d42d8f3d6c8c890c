import {
  type AnyModule,
  Constant,
  type ConstantAttrs,
  GraphModule,
  hasHooks,
  Sequential,
  train,
} from '@nnfuse/ir'
import { codeOfKey, codeOfString, codeOfValue } from './code-of-value.js'
import { isHeldTogether, isOurs, nameInCode } from './names-in-code.js'

/** Arguments that can be left out because they are what the kind takes anyway. */
const usual: ReadonlyMap<string, readonly string[]> = new Map([
  ['stride', ['[1]', '[1, 1]', '[1, 1, 1]']],
  ['dilation', ['[1]', '[1, 1]', '[1, 1, 1]']],
  ['padding', ['[[0, 0]]', '[[0, 0], [0, 0]]', '[[0, 0], [0, 0], [0, 0]]']],
  ['outputPadding', ['[0]', '[0, 0]', '[0, 0, 0]']],
  ['groups', ['1']],
  ['paddingMode', ["'zeros'"]],
  ['eps', ['1e-5', '0.00001']],
  ['momentum', ['0.1']],
  ...['weight', 'bias', 'runningMean', 'runningVar', 'numBatchesTracked'].map((name): [string, string[]] => [
    name,
    ['null'],
  ]),
])

const hasUsualArguments = (kind: string): boolean => /^nn\.(Conv|BatchNorm|Linear)/.test(kind)

const codeOfArguments = async ({ kind, attrs }: AnyModule): Promise<string> => {
  if (kind === Constant.kind) return codeOfValue((attrs as ConstantAttrs).value)
  const parts: string[] = []
  for (const [name, value] of Object.entries(attrs as object)) {
    const code = await codeOfValue(value)
    const left = hasUsualArguments(kind) && usual.get(name)?.includes(code)
    if (!left) parts.push(`${codeOfKey(name)}: ${code}`)
  }
  return parts.length === 0 ? '' : `{ ${parts.join(', ')} }`
}

const indented = (lines: readonly string[]): string => lines.map((line) => `  ${line},\n`).join('')

const nested = (code: string): string => code.replaceAll('\n', '\n  ')

const codesOfChildren = async ({ children }: AnyModule, mode: boolean): Promise<[string, string][]> => {
  const codes: [string, string][] = []
  for (const [name, child] of children) codes.push([name, nested(await codeOf(child, mode))])
  return codes
}

const codeOfSequential = async (module: AnyModule, mode: boolean): Promise<string> => {
  const children = await codesOfChildren(module, mode)
  const numbered = children.every(([name], i) => name === String(i))
  const lines = children.map(([name, code]) => (numbered ? code : `${codeOfKey(name)}: ${code}`))
  return numbered ? `Sequential([\n${indented(lines)}])` : `Sequential({\n${indented(lines)}})`
}

const codeOfGraph = async (module: AnyModule, mode: boolean): Promise<string> => {
  const children = await codesOfChildren(module, mode)
  const entries = children.map(([name, code]) => `[${codeOfString(name)}, ${code}]`)
  return `GraphModule(new Map<string, AnyModule>([\n${indented(entries)}]), ${await codeOfValue(module.attrs)})`
}

/** Nobody knows what a stranger's kind wants to be called with. */
const codeOfStranger = async (module: AnyModule, mode: boolean): Promise<string> => {
  const children = (await codesOfChildren(module, mode)).map(([name, code]) => `${codeOfKey(name)}: ${code}`)
  const parts = [nameInCode(module), await codeOfValue(module.attrs)]
  return `layerOf(${[...parts, ...(children.length === 0 ? [] : [`{ ${children.join(', ')} }`])].join(', ')})`
}

const codeOfLayer = async (module: AnyModule, mode: boolean): Promise<string> => {
  if (!isOurs(module)) return codeOfStranger(module, mode)
  const children = (await codesOfChildren(module, mode)).map(([, code]) => code)
  const given = await codeOfArguments(module)
  const name = isHeldTogether(module) ? 'withActivation' : nameInCode(module)
  return `${name}(${[...children, ...(given === '' ? [] : [given])].join(', ')})`
}

const codeOfParts = (module: AnyModule, mode: boolean): Promise<string> => {
  if (Sequential.is(module)) return codeOfSequential(module, mode)
  return GraphModule.is(module) ? codeOfGraph(module, mode) : codeOfLayer(module, mode)
}

/** A module of which all around it is in some mode. Fused kinds take theirs from the first layer in them. */
const codeOf = async (module: AnyModule, mode: boolean): Promise<string> => {
  const code = await codeOfParts(module, mode)
  const moded = module.training === mode ? code : `withTraining(${code}, ${module.training})`
  return hasHooks(module.hooks) ? `${moded} /* and its hooks */` : moded
}

/**
 * TypeScript that makes a model, to be pasted into a test: the kinds called with their arguments. Of kinds that are not
 * ours layers are made by `layerOf`, from their attributes; the kind is called by the last part of its name.
 */
export const codeOfModel = async (model: AnyModule): Promise<string> =>
  model.training && train(model) === model ? `train(${await codeOf(model, true)})` : codeOf(model, false)
