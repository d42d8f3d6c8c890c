// A small model in which a rule applies, made of its pattern, as it is before and after.

import * as ir from '../../packages/ir/dist/index.js'
import { apply, plan } from '../../packages/matcher/dist/index.js'

/** @typedef {import('../../packages/matcher/dist/index.js').Rule} Rule */
/** @typedef {import('../../packages/matcher/dist/index.js').PatternSource} Source */
/** @typedef {import('../../packages/ir/dist/index.js').AnyModule} AnyModule */

const channels = 4

/** @type {Readonly<Record<string, (nn: any, kind: string) => AnyModule[]>>} */
const makers = {
  Conv: (nn, kind) => [
    nn[kind](channels, channels, 3, { padding: 1 }),
    nn[kind](channels, channels, 1, { bias: false }), // what a pattern for a kernel of 1 takes
  ],
  ConvTranspose: (nn, kind) => [nn[kind](channels, channels, 3, { padding: 1 })],
  Linear: (nn) => [nn.Linear(channels, channels)],
  BatchNorm: (nn, kind) => [nn[kind](channels)],
  Pad: () => [
    ir.Pad({
      pads: [
        [0, 0],
        [0, 0],
        [1, 1],
        [1, 1],
      ],
    }),
  ],
  Transpose: () => [ir.Transpose({ perm: [1, 0] })],
  Constant: () => [ir.Constant(ir.floatTensor([0], []))],
}

/** Of several kinds the ones for images: they are what most know. */
const preferred = (/** @type {readonly string[]} */ kinds) => [
  ...kinds.filter((kind) => kind.endsWith('2d')),
  ...kinds,
]

/** @param {string} kind `nn.Conv2d` */
const candidates = (kind, /** @type {any} */ nn) => {
  const name = kind.replace('nn.', '')
  const make = makers[name.replace(/\dd$/, '')]
  if (make) return make(nn, name)
  const activation = /** @type {any} */ (ir)[name]
  return [activation()]
}

/** @param {Rule} rule @param {any} nn */
const layersOf = ({ slots, name }, nn) =>
  slots.map(({ kinds, accepts }) => {
    const known = preferred(kinds.filter((kind) => kind.startsWith('nn.')))
    const layer = known.flatMap((kind) => candidates(kind, nn)).find(accepts)
    if (layer === undefined) throw new Error(`${name}: no layer is known for ${kinds.join(', ')}`)
    return padded(layer, name)
  })

/** @param {AnyModule} layer @param {string} rule */
const padded = (layer, rule) => {
  const axes = Number(rule.match(/^pad-conv(\d)d/)?.[1] ?? 2)
  if (layer.kind !== 'nn.Pad' || axes === 2) return layer
  return ir.Pad({ pads: Array.from({ length: axes + 2 }, (_, i) => (i < 2 ? [0, 0] : [1, 1])) })
}

/** `conv`, `bn`, `relu`; numbered where there are several. */
const namesOf = (/** @type {readonly AnyModule[]} */ layers) => {
  /** @type {string[]} */
  const names = []
  for (const { kind } of layers) {
    const short = kind
      .replace(/^nn\.|\dd$/g, '')
      .replace('BatchNorm', 'bn')
      .toLowerCase()
    const name = short.replace('convtranspose', 'conv')
    const same = names.filter((other) => other.replace(/\d$/, '') === name).length
    names.push(same === 0 ? name : `${name}${same + 1}`)
  }
  return names
}

/** @param {readonly AnyModule[]} layers */
const inputShape = (layers) => {
  const axes = Number(layers.map(({ kind }) => kind.match(/(\d)d$/)?.[1]).find(Boolean) ?? 0)
  const isFlat = layers.some(({ kind }) => kind === 'nn.Linear' || kind === 'nn.Transpose')
  return [1, channels, ...(isFlat ? [] : Array.from({ length: axes }, () => 8))]
}

/** The names that a pattern gives to its open places: `y`. What is fed to a layer that takes anything is `x`. */
const openNames = (/** @type {Rule} */ { pattern }) =>
  new Map([...pattern.names].flatMap(([name, source]) => ('open' in source ? [[source.open, name]] : [])))

/** @param {Rule} rule */
const modelOf = (rule) => {
  const layers = layersOf(rule, ir.manualSeed(0))
  const names = namesOf(layers)
  const opens = openNames(rule)
  const nameOf = (/** @type {Source} */ source) =>
    String('op' in source ? names[source.op] : opens.get(source.open))
  const calls = rule.pattern.ops.map(({ inputs, isConstant }, i) => ({
    target: String(names[i]),
    inputs: isConstant ? [] : (inputs?.map(nameOf) ?? ['x']),
    outputs: [String(names[i])],
  }))
  const inputs = [...new Set(calls.flatMap((call) => call.inputs))].filter((name) => !names.includes(name))
  const type = { dtype: /** @type {const} */ ('float32'), shape: inputShape(layers) }
  return ir.GraphModule(new Map(layers.map((layer, i) => [String(names[i]), layer])), {
    inputs,
    calls,
    outputs: rule.pattern.outputs.map((op) => String(names[op])),
    types: new Map(inputs.map((input) => [input, type])),
  })
}

/**
 * The layers of a printed model without what is the same everywhere.
 *
 * @param {Rule} rule
 * @returns {{ before: string, after: string }}
 */
export const exampleOf = (rule) => {
  const model = modelOf(rule)
  const planned = plan(model, [rule])
  if (planned.applications.length !== 1) {
    const reasons = planned.declines.map(({ reason }) => reason).join('; ')
    throw new Error(`${rule.name} does not apply to the example made of its pattern: ${reasons}`)
  }
  return { before: ir.print(model), after: ir.print(apply(planned)) }
}
