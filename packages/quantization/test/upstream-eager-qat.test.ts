import {
  Add,
  type AnyModule,
  Constant,
  Dropout,
  Flatten,
  findModule,
  floatTensor,
  graphModule,
  inference,
  LeakyReLU,
  loadStateDict,
  Model,
  manualSeed,
  print,
  ReLU,
  registerForwardHook,
  registerForwardPreHook,
  replaceModules,
  Sequential,
  stateDict,
  type Tensor,
  train,
  walk,
  withAttrs,
} from '@nnfuse/ir'
import { run } from '@nnfuse/runtime'
import { fuseModulesQat } from 'nnfuse'
import { describe, expect, test } from 'vitest'
import {
  convert,
  FakeQuantize,
  type FakeQuantizeAttrs,
  isQatModule,
  mergeObserverStates,
  observe,
  observerStates,
  prepareQat,
  type QConfigMapping,
  type QuantizedAttrs,
  qconfigs,
} from '../src/index.js'
import { drawn, numbersOf } from './golden.js'

/*
 * What PyTorch's test/quantization/eager/test_quantize_eager_qat.py asserts, but for its numerics, which are held to
 * golden files beside the code. Test names are ours, theirs stand in comments. docs/pytorch-quantization-facts.md lists
 * all of them.
 */

const x86: QConfigMapping = { default: qconfigs.qat.x86 }

const kindsIn = (model: Model): string[] => [...walk(model.root)].map(({ module }) => module.kind)

/** The model after some batches in training, then standing still. */
const trainedOn = async (model: AnyModule, ...batches: readonly Tensor[]): Promise<Model> => {
  let prepared = prepareQat(train(model), x86)
  for (const batch of batches) prepared = (await run(prepared, [batch])).model
  return prepared.with(observe(inference(prepared.root), false))
}

// test_manual
test('a linear network, trained and converted, has layers of integers and nothing left of its preparation', async () => {
  const nn = manualSeed(0)
  const model = await trainedOn(
    Sequential({ fc1: nn.Linear(5, 8), fc2: nn.Linear(8, 2) }),
    drawn(1, [4, 5]),
    drawn(2, [4, 5]),
  )
  const integers = convert(model)
  expect(kindsIn(integers).filter((kind) => kind.startsWith('nnq'))).toEqual(['nnq.Linear', 'nnq.Linear'])
  expect(kindsIn(integers).some((kind) => /qat|FakeQuantize/.test(kind))).toBe(false)
  await expect(run(integers, [drawn(3, [4, 5])])).resolves.toBeDefined()
})

// test_dropout
test('dropout drops in training, passes in inference, and gets no grid of its own', async () => {
  const nn = manualSeed(0)
  const prepared = prepareQat(
    train(Sequential({ fc: nn.Linear(16, 16), drop: Dropout({ p: 0.5 }), last: nn.Linear(16, 2) })),
    x86,
  )
  expect([...prepared.root.children.keys()]).toEqual([
    'fc',
    'drop',
    'last',
    'x.activation_post_process',
    'fc.activation_post_process',
    'last.activation_post_process',
  ])
  const { model } = await run(prepared, [drawn(1, [8, 16])])
  const still = observe(model.root, false)
  const outputs = async (one: AnyModule, seed: number): Promise<number[]> =>
    numbersOf((await run(one, [drawn(1, [8, 16])], { seed })).outputs[0])
  expect(await outputs(still, 1)).not.toEqual(await outputs(still, 2))
  expect(await outputs(inference(still), 1)).toEqual(await outputs(inference(still), 2))
  const integers = convert(inference(still))
  expect(kindsIn(integers)).toContain('nn.Dropout')
})

// test_eval_only_fake_quant
test('a prepared model runs in inference mode, and learns its ranges there', async () => {
  const prepared = prepareQat(Sequential({ fc: manualSeed(0).Linear(3, 2) }), x86)
  const { outputs, model } = await run(prepared, [drawn(1, [2, 3])])
  expect(outputs[0]?.shape).toEqual([2, 2])
  const { scale } = findModule(model.root, 'fc.activation_post_process').attrs as FakeQuantizeAttrs
  expect(await numbersOf(scale)).not.toEqual([1])
})

// test_conv_linear
test('convolution and linear layers in one network', async () => {
  const nn = manualSeed(0)
  const model = await trainedOn(
    Sequential({ conv: nn.Conv2d(3, 5, 3), flat: Flatten(), fc: nn.Linear(20, 4) }),
    drawn(1, [2, 3, 4, 4]),
  )
  const layers = [...convert(model).root.children].filter(([, { kind }]) => kind.startsWith('nnq'))
  expect(layers.map(([path, { kind }]) => `${path} ${kind}`)).toEqual(['conv nnq.Conv2d', 'fc nnq.Linear'])
})

// test_train_save_load_eval
test('what is saved of a trained model makes another of the same kind give the same outputs', async () => {
  const network = () => Sequential({ fc1: manualSeed(0).Linear(3, 4), fc2: manualSeed(1).Linear(4, 2) })
  const trained = await trainedOn(network(), drawn(1, [5, 3]), drawn(2, [5, 3]))
  const saved = { state: stateDict(trained.root), observers: observerStates(trained.root) }
  const fresh = prepareQat(network(), x86)
  expect([...stateDict(fresh.root).keys()]).toEqual([...saved.state.keys()])
  const loaded = mergeObserverStates(loadStateDict(observe(fresh.root, false), saved.state), saved.observers)
  const x = drawn(3, [5, 3])
  const outputsOf = async (model: AnyModule): Promise<number[]> =>
    numbersOf((await run(model, [x])).outputs[0])
  expect(await outputsOf(loaded)).toEqual(await outputsOf(trained.root))
  expect(await outputsOf(convert(loaded).root)).toEqual(await outputsOf(convert(trained).root))
})

// test_forward_hooks_preserved
test('hooks of a held layer run once for each forward: before, while it trains, and as integers', async () => {
  const nn = manualSeed(0)
  const model = new Model(train(Sequential({ fc: nn.Linear(2, 2), relu: ReLU() })))
  const fused = fuseModulesQat(model, ['fc', 'relu'])
  const log: string[] = []
  registerForwardPreHook(fused, 'fc', () => void log.push('before'))
  registerForwardHook(fused, 'fc', () => void log.push('after'))
  const x = drawn(1, [3, 2])
  const logged = async (one: Model): Promise<Model> => {
    log.length = 0
    const { model: seen } = await run(one, [x])
    expect(log).toEqual(['before', 'after'])
    return seen
  }
  await logged(fused)
  await logged(convert(await logged(prepareQat(fused, x86))))
})

// test_relu, test_leaky_relu
test('an activation that stands alone is not quantized', () => {
  for (const activation of [ReLU(), LeakyReLU()]) {
    expect([...prepareQat(Sequential({ activation }), x86).root.children.keys()]).toEqual(['activation'])
  }
})

// test_add_scalar_uses_input_qparams
test('a number that is added is added to floats', () => {
  const nn = manualSeed(0)
  const model = graphModule(
    { fc: nn.Linear(2, 2), three: Constant(floatTensor([3], [])), add: Add(), last: nn.Linear(2, 2) },
    (m, x) => m.last(m.add(m.fc(x), m.three())),
  )
  const grids = [...prepareQat(model, x86).root.children].filter(([, module]) => FakeQuantize.is(module))
  expect(grids.map(([path]) => path)).toEqual([
    'x.activation_post_process',
    'fc.activation_post_process',
    'add.activation_post_process',
    'last.activation_post_process',
  ])
})

// test_linear_bn_workflow
test('linear layer and batch-norm: fused for training, prepared, converted', async () => {
  const nn = manualSeed(0)
  const model = train(Sequential({ fc: nn.Linear(4, 3), bn: nn.BatchNorm1d(3) }))
  const prepared = prepareQat(fuseModulesQat(model, ['fc', 'bn']), x86)
  const { model: seen } = await run(prepared, [drawn(1, [6, 4])])
  expect(print(convert(inference(seen.root)).root)).toMatchInlineSnapshot(`
    "nn.GraphModule (x) -> (bn)
      fc: nnq.Linear(4 -> 3, int8 -128 to 127) : fc.float <- x.quantized
      bn: nn.Identity : bn.float <- fc
      x.activation_post_process: ao.QuantizeDequantize(uint8 0 to 127) : x.quantized <- x
      fc.activation_post_process: ao.QuantizeDequantize(uint8 0 to 127) : fc <- fc.float
      bn.activation_post_process: ao.QuantizeDequantize(uint8 0 to 127) : bn <- bn.float"
  `)
})

describe('the grid of a weight', () => {
  // test_linear_precomputed_fake_quant
  test('is the one that training has left, also where the weight is another by now', async () => {
    const model = await trainedOn(Sequential({ fc: manualSeed(0).Linear(4, 3) }), drawn(1, [6, 4]))
    const fc = findModule(model.root, 'fc')
    const other = withAttrs(fc, { weight: floatTensor(new Array(12).fill(9), [3, 4]) })
    const changed = replaceModules(model.root, new Map([['fc', other]]))
    const scaleOf = (root: AnyModule) => (findModule(root, 'fc').attrs as QuantizedAttrs).weightScale
    expect(await numbersOf(scaleOf(convert(changed).root))).toEqual(
      await numbersOf(scaleOf(convert(model).root)),
    )
  })
})

// The warning of propagate_qconfig_
describe('what a mapping does not reach is noted', () => {
  const notesOf = (mapping: QConfigMapping) => {
    const prepared = prepareQat(Sequential({ fc: manualSeed(0).Linear(2, 2) }), mapping)
    expect([...walk(prepared.root)].some(({ module }) => isQatModule(module))).toBe(
      mapping.default !== undefined,
    )
    return prepared.notes.map(({ path, reason }) => `${path}: ${reason}`)
  }

  test('a model of which no layer is prepared', () => {
    expect(notesOf({})).toEqual([': the mapping gives none of its layers a qconfig'])
  })

  test('a name that no layer has', () => {
    expect(notesOf({ ...x86, names: { fc1: null } })).toEqual(['fc1: no layer has this name'])
  })
})
