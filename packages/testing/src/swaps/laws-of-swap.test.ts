import {
  type AnyModule,
  flatten,
  floatTensor,
  type GraphModuleOf,
  hasHooks,
  type Kind,
  kind,
  Linear,
  type LinearAttrs,
  LinearReLU,
  Model,
  type NnfuseError,
  noHooks,
  ReLU,
  replaceModules,
  Sequential,
  withAttrs,
  withHooks,
  withTraining,
} from '@nnfuse/ir'
import { expect, test } from 'vitest'
import { chainOf } from '../generators/chain-of.js'
import { arbitraryLinear } from '../generators/linear.js'
import { lawsOfSwap, type SwapLawOptions } from './laws-of-swap.js'
import type { Swap, SwapCases } from './swap.js'

type GainAttrs = LinearAttrs & { readonly gain: number }

/** A linear layer whose output is multiplied with a number, until that is switched off. */
const Gain: Kind<'acme.Gain', GainAttrs, [attrs: GainAttrs]> = kind('acme.Gain', {
  create: (attrs) => ({ attrs }),
  forward: (ops, { attrs }, x) => ops.mul(ops.linear(x, attrs), ops.constant(floatTensor([attrs.gain], []))),
  parameters: { weight: 'weight', bias: 'bias' },
})

const replaced = (
  model: Model,
  change: (module: AnyModule, path: string) => AnyModule | undefined,
): Model => {
  const graph: GraphModuleOf = flatten(model.root)
  const fresh = [...graph.children].flatMap(([path, module]): [string, AnyModule][] => {
    const other = change(module, path)
    return other ? [[path, other]] : []
  })
  return model.with(fresh.length === 0 ? graph : replaceModules(graph, new Map(fresh)))
}

const like = (module: AnyModule, made: AnyModule): AnyModule =>
  withHooks(withTraining(made, module.training), module.hooks)

const right: Swap = (model) =>
  replaced(model, (module) =>
    Linear.is(module) ? like(module, Gain({ ...module.attrs, gain: 3 })) : undefined,
  )

const back: Swap = (model) =>
  replaced(model, (module) => {
    if (!Gain.is(module)) return undefined
    const { gain: _gain, ...attrs } = module.attrs
    return like(module, Linear(attrs))
  })

const plain = (root: AnyModule): AnyModule =>
  replaced(new Model(root), (module) => (Gain.is(module) ? withAttrs(module, { gain: 1 }) : undefined)).root

const layer = Linear({ weight: floatTensor([1, 2, 3, 4], [2, 2]), bias: floatTensor([1, -1], [2]) })
const cases: SwapCases = {
  swaps: {
    linear: {
      model: Sequential({ relu: ReLU(), fc: layer }),
      inputs: [[3, 2]],
      becomes: { fc: 'acme.Gain' },
    },
  },
}

/** The laws that a swap breaks. */
const brokenBy = async (
  swap: Swap,
  options: SwapLawOptions = { plain, back },
  given: SwapCases = cases,
): Promise<string[]> => {
  const broken: string[] = []
  for (const { name, run } of lawsOfSwap(swap, given, options)) {
    await run().catch(({ code, message }: NnfuseError) => {
      expect([code, message]).toEqual(['LAW_BROKEN', expect.stringContaining('The model:')])
      broken.push(name.slice(name.indexOf(': ') + 2))
    })
  }
  return broken
}

/** The right swap, and then something wrong with the layer that it has put in. */
const thenWrong =
  (wrong: (fresh: AnyModule, old: AnyModule) => AnyModule): Swap =>
  (model) =>
    replaced(right(model), (module, path) =>
      Gain.is(module) ? wrong(module, flatten(model.root).children.get(path) as AnyModule) : undefined,
    )

test('a swap that keeps them all', async () => {
  expect(await brokenBy(right)).toEqual([])
})

test('random models are tried, too', async () => {
  const random = { model: chainOf(arbitraryLinear), becomes: { 0: 'acme.Gain' } }
  expect(await brokenBy(right, { plain, back }, { swaps: { random } })).toEqual([])
  expect(await brokenBy(right, { back }, { swaps: { random } })).toEqual(['computes the same'])
})

test('another kind than is stated, and a layer that is not stated', async () => {
  const wrongKind = {
    linear: { ...cases.swaps['linear'], becomes: { fc: 'acme.Other' } },
  } as SwapCases['swaps']
  expect(await brokenBy(right, { plain }, { swaps: wrongKind })).toEqual(['swaps what is stated'])
  const more: Swap = (model) => replaced(right(model), (module) => (ReLU.is(module) ? ReLU() : undefined))
  expect(await brokenBy(more, { plain })).toEqual(['swaps what is stated'])
})

test('a layer that is wrapped, so that the graph is another', async () => {
  const wrapping: Swap = (model) => model.with(Sequential({ all: right(model).root }))
  expect(await brokenBy(wrapping, { plain })).toContain('keeps the graph')
})

test('the mode', async () => {
  expect(await brokenBy(thenWrong((fresh) => withTraining(fresh, true)))).toContain('keeps the mode')
})

test('hooks that are lost, or come in another order', async () => {
  expect(await brokenBy(thenWrong((fresh) => withHooks(fresh, noHooks)))).toEqual(['keeps hooks'])
  const turned = thenWrong((fresh) =>
    withHooks(fresh, { ...fresh.hooks, forward: [...fresh.hooks.forward].reverse() }),
  )
  expect(await brokenBy(turned)).toEqual(['keeps hooks'])
})

test('parameters that are copied; layers of integers may have others', async () => {
  const copying = thenWrong((fresh) =>
    withAttrs(fresh, { weight: floatTensor([1, 2, 3, 4], [2, 2]) } as Partial<GainAttrs>),
  )
  expect(await brokenBy(copying, { plain })).toEqual(['shares parameters'])
  expect(await brokenBy(copying, { plain, sharesParameters: false })).toEqual([])
})

test('other numbers', async () => {
  const shifted = thenWrong((fresh) =>
    withAttrs(fresh, { bias: floatTensor([0, 0], [2]) } as Partial<GainAttrs>),
  )
  expect(await brokenBy(shifted, { plain, sharesParameters: false })).toEqual(['computes the same'])
})

test('a way back that gives something else', async () => {
  expect(await brokenBy(right, { plain, back: (model) => model })).toEqual(['swaps back'])
  const copying: Swap = (model) =>
    replaced(back(model), (module) =>
      Linear.is(module)
        ? withAttrs(module, { weight: floatTensor([1, 2, 3, 4], [2, 2]) } as Partial<LinearAttrs>)
        : undefined,
    )
  expect(await brokenBy(right, { plain, back: copying })).toEqual(['swaps back'])
  const folded = { linear: { ...cases.swaps['linear'], foldsBack: true } } as SwapCases['swaps']
  const rounded: Swap = (model) => model.with(plain(model.root))
  expect(await brokenBy(right, { plain, back: rounded }, { swaps: folded })).toEqual([])
  expect(await brokenBy(right, { plain, back: (model) => model }, { swaps: folded })).toEqual(['swaps back'])
})

test('a layer that is swapped again and again', async () => {
  const further: Swap = (model) =>
    replaced(model, (module) => {
      if (Linear.is(module)) return like(module, Gain({ ...module.attrs, gain: 3 }))
      return Gain.is(module) ? like(module, Linear(module.attrs)) : undefined
    })
  expect(await brokenBy(further, { plain })).toEqual(['swaps no further'])
})

test('a holder that is changed', async () => {
  const inPlace: Swap = (model) => {
    model.root = right(model).root
    return model
  }
  expect(await brokenBy(inPlace, { plain })).toEqual(['changes no input'])
})

test('something else each time', async () => {
  let count = 0
  const counting = thenWrong((fresh) => {
    count += 1
    return withAttrs(fresh, { gain: count } as Partial<GainAttrs>)
  })
  expect(await brokenBy(counting, { plain })).toEqual(['gives the same again'])
})

test('a hook inside of a held layer that is lost without a word', async () => {
  const held = LinearReLU(layer, ReLU())
  const inner = { held: { model: Sequential({ held }), inputs: [[2, 2]], becomes: { held: 'acme.Gain' } } }
  const forgetful: Swap = (model) =>
    replaced(model, (module) =>
      LinearReLU.is(module) ? like(module, Gain({ ...layer.attrs, gain: 1 })) : undefined,
    )
  expect(await brokenBy(forgetful, {}, { swaps: inner })).toContain('loses no inner hook')
  const careful: Swap = (model) => {
    const result = forgetful(model)
    const lost = [...(model.root.children.get('held')?.children ?? [])].some(([, { hooks }]) =>
      hasHooks(hooks),
    )
    result.notes = lost ? [{ path: 'held', what: 'a hook', reason: 'it was dropped' }] : []
    return result
  }
  expect(await brokenBy(careful, {}, { swaps: inner })).not.toContain('loses no inner hook')
})

test('what stays must say why', async () => {
  const declines = { relu: { model: Sequential({ relu: ReLU() }), path: 'relu', reason: 'it has no weight' } }
  const silent = await brokenBy(right, { plain }, { swaps: {}, declines })
  expect(silent).toEqual(['declines with a note'])
  const telling: Swap = (model) => {
    const result = right(model)
    result.notes = [{ path: 'relu', what: 'nn.ReLU', reason: 'it has no weight' }]
    return result
  }
  expect(await brokenBy(telling, { plain }, { swaps: {}, declines })).toEqual([])
  const fc = { model: Sequential({ fc: layer }), path: 'fc', reason: /./ }
  expect(await brokenBy(telling, { plain }, { swaps: {}, declines: { fc } })).toEqual([
    'declines with a note',
  ])
})
