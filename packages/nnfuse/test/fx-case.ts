import { readFileSync } from 'node:fs'
import {
  Add,
  type AnyModule,
  Constant,
  floatTensor,
  type GraphModuleOf,
  graphModule,
  LeakyReLU,
  Mul,
  ReLU,
  type Symbolic,
  Tanh,
} from '@nnfuse/ir'
import { buildLayer } from './build-layer.js'
import type { LayerSpec } from './golden-case.js'

type Call = readonly [value: string, target: string, ...inputs: readonly (string | number)[]]

/** A model, and what torch's `fuse_fx` made of it with the table of a backend. */
export interface FxCase {
  readonly backend: 'native' | 'onednn' | 'executorch' | 'tensorrt' | 'qat'
  /** Of a row of the table: its place, and its pattern as torch writes it. */
  readonly row?: number
  readonly pattern?: string
  /** Of a case that is no row. */
  readonly name?: string
  readonly layers: Readonly<Record<string, LayerSpec>>
  readonly calls: readonly Call[]
  readonly run: readonly number[]
  readonly torch: {
    readonly calls?: readonly (readonly [target: string, what: string])[]
    /** base64 of float32 */
    readonly output?: string
    readonly error?: readonly [errorClass: string, message: string]
  }
}

/** What scripts/python/golden_fx_fusion.py wrote; its `about` says what everything means. */
const golden: { readonly cases: readonly FxCase[] } = JSON.parse(
  readFileSync(new URL('golden/fx-fusion.json', import.meta.url), 'utf8'),
)

/** The rows of a backend's table, in order. */
export const rowsOf = (backend: FxCase['backend']): readonly FxCase[] =>
  golden.cases.filter((testCase) => testCase.backend === backend && testCase.row !== undefined)

/** The case of this name. */
export const caseNamed = (name: string): FxCase => {
  const found = golden.cases.find((testCase) => testCase.name === name)
  if (found === undefined) throw new Error(`no golden case "${name}"`)
  return found
}

/** `x + 2 * y` */
const addTwice = (): AnyModule =>
  graphModule({ two: Constant(floatTensor([2], [])), mul: Mul(), add: Add() }, (m, x, y) =>
    m.add(x, m.mul(m.two(), y)),
  )

/** A function in torch is a layer here, one for all places that call it. */
const functions: Readonly<Record<string, () => AnyModule>> = {
  ...{ 'F.relu': ReLU, 'F.relu_': ReLU, 'torch.relu': ReLU },
  ...{ 'torch.add': Add, 'operator.add': Add, 'operator.iadd': Add },
  'torch.add(alpha=2)': addTwice,
  ...{ 'F.leaky_relu': () => LeakyReLU(), 'torch.tanh': Tanh },
}

const functionNamed = (name: string): AnyModule => {
  const make = functions[name]
  if (make === undefined) throw new Error(`no kind for torch's ${name}`)
  return make()
}

const pathOf = (target: string | number): string => String(target).replace(/\W/g, '_')

const isNumber = (input: string | number): input is number => typeof input === 'number'

const childrenOf = ({ layers, calls }: FxCase): Record<string, AnyModule> => {
  const made = Object.entries(layers).map(([name, spec], i) => [name, buildLayer(spec, i)] as const)
  const called = calls
    .map(([, target]) => target)
    .filter((target) => !(target in layers))
    .map((target) => [pathOf(target), functionNamed(target)] as const)
  const numbers = calls
    .flatMap(([, , ...inputs]) => inputs.filter(isNumber))
    .map((number) => [pathOf(number), Constant(floatTensor([number], []))] as const)
  return Object.fromEntries([...made, ...called, ...numbers])
}

type Modules = Readonly<Record<string, (...inputs: readonly Symbolic[]) => Symbolic>>

/** The model of a case. */
export const buildFxModel = (testCase: FxCase): GraphModuleOf => {
  const record = (modules: Modules, x: Symbolic): Symbolic => {
    const values = new Map<string, Symbolic>([['x', x]])
    const call = (path: string, inputs: readonly Symbolic[]) => modules[path]?.(...inputs) as Symbolic
    const symbolOf = (input: string | number) =>
      isNumber(input) ? call(pathOf(input), []) : (values.get(input) as Symbolic)
    let last = x
    for (const [value, target, ...inputs] of testCase.calls) {
      last = call(pathOf(target), inputs.map(symbolOf))
      values.set(value, last)
    }
    return last
  }
  return graphModule(childrenOf(testCase), record)
}

/** The kinds of what torch's fused model calls, in order. */
export const kindsOfTorch = ({ torch: { calls = [] } }: FxCase): string[] =>
  calls.map(([, what]) => (what in functions ? functionNamed(what).kind : what))
