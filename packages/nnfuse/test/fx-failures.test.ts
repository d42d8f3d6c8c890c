import { print, train } from '@nnfuse/ir'
import { expect, test } from 'vitest'
import { fuse, qatPlugins } from '../src/index.js'
import { fuseAsPreset, type PresetOutcome } from './fuse-as-preset.js'
import { buildFxModel, caseNamed, type FxCase, kindsOfTorch } from './fx-case.js'
import { distance, stepOn } from './run-on.js'

/*
 * Where torch's FX fusion fails, or makes a network that computes something else, and what nearly is such a case. What
 * torch does stands in the golden file; each test first says what that is.
 */

/** More than any rounding: another network. */
const wrong = 0.1

interface Expected {
  readonly torch: 'is right' | 'is wrong' | readonly [errorClass: string, message: string]
  readonly rules: readonly string[]
}

/** Checks what torch made of a case, and that what we make of it computes the same as before. */
const fuseRight = async (name: string, { torch, rules }: Expected): Promise<PresetOutcome> => {
  const testCase = caseNamed(name)
  const outcome = await fuseAsPreset(testCase)
  const { error, errorOfTorch = Number.NaN } = outcome
  if (torch === 'is right') expect(errorOfTorch).toBeLessThan(1e-5)
  else if (torch === 'is wrong') expect(errorOfTorch).toBeGreaterThan(wrong)
  else expect(testCase.torch.error).toEqual(torch)
  expect(outcome.rules).toEqual(rules)
  expect(error).toBeLessThan(1e-5)
  return outcome
}

test('failure 1: a convolution called twice, one call followed by batch-norm, is folded into a copy', async () => {
  const { printed } = await fuseRight('a convolution called twice, one call followed by batch-norm', {
    torch: 'is wrong',
    rules: ['conv2d-bn'],
  })
  expect(printed).toMatchInlineSnapshot(`
    "nn.GraphModule (x) -> (conv_1)
      conv: nn.Conv2d(3 -> 3, 1x1) : conv_1 <- bn
      conv_1: nn.Conv2d(3 -> 3, 1x1) : bn <- x"
  `)
})

test('failure 2: a convolution called twice, followed by two batch-norms, becomes two', async () => {
  const { printed } = await fuseRight('a convolution called twice, followed by two batch-norms', {
    torch: 'is wrong',
    rules: ['conv2d-bn', 'conv2d-bn'],
  })
  expect(printed).toMatchInlineSnapshot(`
    "nn.GraphModule (x) -> (bn2)
      conv: nn.Conv2d(3 -> 3, 1x1) : bn1 <- x
      conv_1: nn.Conv2d(3 -> 3, 1x1) : bn2 <- bn1"
  `)
})

test('failure 3: a convolution and its batch-norm called twice as a pair are folded once for both', async () => {
  const { printed } = await fuseRight('a convolution and its batch-norm called twice as a pair', {
    torch: 'is right',
    rules: ['conv2d-bn', 'conv2d-bn'],
  })
  expect(printed).toMatchInlineSnapshot(`
    "nn.GraphModule (x) -> (bn_1)
      conv: nn.Conv2d(3 -> 3, 1x1) : bn <- x : bn_1 <- bn"
  `)
})

test('failure 4: a batch-norm that two convolutions share folds into both', async () => {
  const { printed } = await fuseRight('two convolutions sharing a batch-norm', {
    torch: 'is right',
    rules: ['conv2d-bn', 'conv2d-bn'],
  })
  expect(printed).toMatchInlineSnapshot(`
    "nn.GraphModule (x) -> (bn_1)
      conv1: nn.Conv2d(3 -> 3, 1x1) : bn <- x
      conv2: nn.Conv2d(3 -> 3, 1x1) : bn_1 <- bn"
  `)
})

test('failure 4: a ReLU that two convolutions share goes with both', async () => {
  const { printed } = await fuseRight('two convolutions sharing a ReLU', {
    torch: 'is right',
    rules: ['conv2d-relu', 'conv2d-relu'],
  })
  expect(printed).toMatchInlineSnapshot(`
    "nn.GraphModule (x) -> (relu_1)
      conv1: nni.ConvReLU2d : relu <- x
        0: nn.Conv2d(3 -> 3, 1x1)
        1: nn.ReLU
      conv2: nni.ConvReLU2d : relu_1 <- relu
        0: nn.Conv2d(3 -> 3, 1x1)
        1: nn.ReLU"
  `)
})

test('failure 5: a convolution with batch-norm after one call only becomes two', async () => {
  const { printed } = await fuseRight(
    'a convolution with batch-norm and ReLU after one call, and ReLU after the other',
    { torch: 'is wrong', rules: ['conv2d-bn-relu', 'conv2d-relu'] },
  )
  expect(printed).toMatchInlineSnapshot(`
    "nn.GraphModule (x) -> (relu2)
      conv: nni.ConvReLU2d : relu1 <- x
        0: nn.Conv2d(3 -> 3, 1x1)
        1: nn.ReLU
      conv_1: nni.ConvReLU2d : relu2 <- relu1
        0: nn.Conv2d(3 -> 3, 1x1)
        1: nn.ReLU"
  `)
})

test('failure 6: a batch-norm without running statistics stays, with the reason, and the rest is fused', async () => {
  const { printed, report } = await fuseRight('a batch-norm without running statistics', {
    torch: ['AssertionError', 'bn.running_mean and bn.running_var must not be None'],
    rules: ['conv2d-bn'],
  })
  expect(report.left.map(({ path, reasons }) => [path, ...reasons])).toEqual([
    ['bn1', "bn1 keeps no running statistics: it normalizes by each batch's own"],
  ])
  expect(printed).toMatchInlineSnapshot(`
    "nn.GraphModule (x) -> (bn2)
      conv1: nn.Conv2d(3 -> 3, 1x1) : conv1 <- x
      bn1: nn.BatchNorm2d(3, no running statistics) : bn1 <- conv1
      conv2: nn.Conv2d(3 -> 3, 1x1) : bn2 <- bn1"
  `)
})

test('failure 7: a number that is added is a constant', async () => {
  const { printed } = await fuseRight('a number added', {
    torch: ['AttributeError', "'int' object has no attribute 'name'"],
    rules: ['conv2d-add'],
  })
  expect(printed).toMatchInlineSnapshot(`
    "nn.GraphModule (x) -> (operator_add)
      1: nn.Constant(float32[]) : 1 <- 
      conv: nni.ConvAdd2d : operator_add <- x, 1
        0: nn.Conv2d(3 -> 3, 1x1)"
  `)
})

test('failure 8: a value that is added to itself is left, with the reason', async () => {
  const { printed, report } = await fuseRight('a value added to itself', {
    torch: ['ValueError', 'not enough values to unpack (expected 3, got 2)'],
    rules: [],
  })
  expect(report.declined).toEqual([
    {
      rule: 'conv2d-add',
      paths: ['conv', 'operator_add'],
      reason: 'the output of conv is used in two ways by operator_add',
    },
  ])
  expect(printed).toMatchInlineSnapshot(`
    "nn.GraphModule (x) -> (operator_add)
      conv: nn.Conv2d(3 -> 3, 1x1) : conv <- x
      operator_add: nn.Add : operator_add <- conv, conv"
  `)
})

test('failure 9: LeakyReLU and Tanh are fused, called as functions too', async () => {
  const { printed } = await fuseRight('functions for LeakyReLU and Tanh', {
    torch: ['AssertionError', 'Incorrect types for input modules: Linear and function'],
    rules: ['linear-activation', 'linear-activation'],
  })
  expect(printed).toMatchInlineSnapshot(`
    "nn.GraphModule (x) -> (torch_tanh)
      linear1: nni.LinearLeakyReLU : F_leaky_relu <- x
        0: nn.Linear(3 -> 3)
        1: nn.LeakyReLU(0.01)
      linear2: nni.LinearTanh : torch_tanh <- F_leaky_relu
        0: nn.Linear(3 -> 3)
        1: nn.Tanh"
  `)
})

test('failure 10: a ReLU is fused, however it is spelled', async () => {
  const name = 'other spellings of ReLU'
  const { printed } = await fuseRight(name, { torch: 'is right', rules: ['conv2d-bn-relu', 'conv2d-relu'] })
  expect(kindsOfTorch(caseNamed(name))).toEqual(['nn.Conv2d', 'nn.ReLU', 'nn.Conv2d', 'nn.ReLU'])
  expect(printed).toMatchInlineSnapshot(`
    "nn.GraphModule (x) -> (F_relu_)
      conv1: nni.ConvReLU2d : torch_relu <- x
        0: nn.Conv2d(3 -> 3, 1x1)
        1: nn.ReLU
      conv2: nni.ConvReLU2d : F_relu_ <- torch_relu
        0: nn.Conv2d(3 -> 3, 1x1)
        1: nn.ReLU"
  `)
})

test('failure 10: a ReLU after an addition is fused, as a function too', async () => {
  const name = 'a function for the ReLU after an addition'
  const { printed } = await fuseRight(name, { torch: 'is right', rules: ['conv2d-add-relu'] })
  expect(kindsOfTorch(caseNamed(name))).toEqual(['nni.ConvAdd2d', 'nn.ReLU'])
  expect(printed).toMatchInlineSnapshot(`
    "nn.GraphModule (x) -> (F_relu)
      conv: nni.ConvAddReLU2d : F_relu <- x, x
        0: nn.Conv2d(3 -> 3, 1x1)
        relu: nn.ReLU"
  `)
})

test('failure 11: an addition in place is an addition', async () => {
  const name = 'addition in place'
  const { kinds, printed } = await fuseRight(name, { torch: 'is right', rules: ['conv2d-add'] })
  expect(kinds).toEqual(kindsOfTorch(caseNamed(name)))
  expect(printed).toMatchInlineSnapshot(`
    "nn.GraphModule (x) -> (operator_iadd)
      conv: nni.ConvAdd2d : operator_iadd <- x, x
        0: nn.Conv2d(3 -> 3, 1x1)"
  `)
})

test('failure 12: a transposed convolution and its batch-norm are held together for training', async () => {
  const testCase: FxCase = caseNamed('transposed convolution and batch-norm for training')
  expect(testCase.torch.error?.[1]).toBe('Fusing ConvTranspose+BatchNorm not yet supported in QAT.')
  const model = train(buildFxModel(testCase))
  const { model: fused, report } = fuse(model, { plugins: qatPlugins() })
  expect(report.applied.map(({ rule }) => rule)).toEqual(['qat-conv-transpose2d-bn'])
  expect(print(fused.root)).toMatchInlineSnapshot(`
    "nn.GraphModule [training] (x) -> (bn)
      conv: nni.ConvTransposeBn2d [training] : bn <- x
        0: nn.ConvTranspose2d(3 -> 3, 1x1) [training]
        1: nn.BatchNorm2d(3) [training]"
  `)
  const [before, after] = [await stepOn(model, testCase.run), await stepOn(fused.root, testCase.run)]
  expect(distance(before.output, after.output)).toBeLessThan(1e-5)
})

test('the factor of an addition is a multiplication, and stays one', async () => {
  const name = 'an addition with a factor'
  const { printed } = await fuseRight(name, { torch: 'is wrong', rules: ['conv2d-add'] })
  expect(kindsOfTorch(caseNamed(name))).toEqual(['nni.ConvAdd2d'])
  expect(printed).toMatchInlineSnapshot(`
    "nn.GraphModule (x) -> (torch_add_alpha_2_.add)
      conv: nni.ConvAdd2d : torch_add_alpha_2_.add <- x, torch_add_alpha_2_.mul
        0: nn.Conv2d(3 -> 3, 1x1)
      torch_add_alpha_2_.two: nn.Constant(float32[]) : torch_add_alpha_2_.two <- 
      torch_add_alpha_2_.mul: nn.Mul : torch_add_alpha_2_.mul <- torch_add_alpha_2_.two, x"
  `)
})
