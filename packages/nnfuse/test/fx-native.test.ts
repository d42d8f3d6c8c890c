import { describe, expect, test } from 'vitest'
import { fuse, presets } from '../src/index.js'
import { fuseAsPreset, type PresetOutcome } from './fuse-as-preset.js'
import { buildFxModel, caseNamed, kindsOfTorch, rowsOf } from './fx-case.js'

/*
 * The table of torch's native backend, which fbgemm, qnnpack and x86 share, and the shorter ones of ExecuTorch and
 * TensorRT, row by row on models that torch has fused as well. Rows come in the order in which torch tries them, and
 * patterns as it writes them: from the end. A function in a pattern is called elsewhere in the model, too.
 */

const rows = [
  [1, '(ReLU, (BatchNorm1d, Conv1d))', 'conv1d-bn-relu'],
  [2, '(F.relu, (BatchNorm1d, Conv1d))', 'conv1d-bn-relu'],
  [3, '(ReLU, (BatchNorm2d, Conv2d))', 'conv2d-bn-relu'],
  [4, '(F.relu, (BatchNorm2d, Conv2d))', 'conv2d-bn-relu'],
  [5, '(ReLU, (BatchNorm3d, Conv3d))', 'conv3d-bn-relu'],
  [6, '(F.relu, (BatchNorm3d, Conv3d))', 'conv3d-bn-relu'],
  [7, '(ReLU, Conv1d)', 'conv1d-relu'],
  [8, '(F.relu, Conv1d)', 'conv1d-relu'],
  [9, '(BatchNorm1d, Conv1d)', 'conv1d-bn'],
  [10, '(BatchNorm1d, ConvTranspose1d)', 'conv-transpose1d-bn'],
  [11, '(ReLU, Conv2d)', 'conv2d-relu'],
  [12, '(F.relu, Conv2d)', 'conv2d-relu'],
  [13, '(BatchNorm2d, Conv2d)', 'conv2d-bn'],
  [14, '(BatchNorm2d, ConvTranspose2d)', 'conv-transpose2d-bn'],
  [15, '(ReLU, Conv3d)', 'conv3d-relu'],
  [16, '(F.relu, Conv3d)', 'conv3d-relu'],
  [17, '(BatchNorm3d, Conv3d)', 'conv3d-bn'],
  [18, '(BatchNorm3d, ConvTranspose3d)', 'conv-transpose3d-bn'],
  [19, '(ReLU, Linear)', 'linear-relu'],
  [20, '(F.relu, Linear)', 'linear-relu'],
  [21, '(BatchNorm1d, Linear)', 'linear-bn'],
  [22, '(ReLU, BatchNorm2d)', 'bn2d-relu'],
  [23, '(F.relu, BatchNorm2d)', 'bn2d-relu'],
  [24, '(ReLU, BatchNorm3d)', 'bn3d-relu'],
  [25, '(F.relu, BatchNorm3d)', 'bn3d-relu'],
] as const

const native = rowsOf('native')

test('these are the rows of the table', () => {
  expect(native.map(({ row, pattern }) => [row, pattern])).toEqual(
    rows.map(([row, pattern]) => [row, pattern]),
  )
})

test.each(rows)('row %i: %s is fused by %s', async (row, _, rule) => {
  const testCase = native[row - 1] as (typeof native)[number]
  const { rules, kinds, printed, error, errorOfTorch } = await fuseAsPreset(testCase)
  expect(rules).toEqual([rule])
  expect(printed).toMatchSnapshot()
  expect(kinds).toEqual(kindsOfTorch(testCase))
  expect(error).toBeLessThan(1e-5)
  expect(errorOfTorch).toBeLessThan(1e-5)
})

describe.each(['executorch', 'tensorrt'] as const)('of these rows the preset %s', (backend) => {
  const table = rowsOf(backend).map(({ pattern }) => pattern)

  test.each(rows)('row %i, %s, has or has not as torch has', async (row, pattern, rule) => {
    const testCase = native[row - 1] as (typeof native)[number]
    const { rules, error } = await fuseAsPreset(testCase, presets[backend]())
    expect(rules).toEqual(table.includes(pattern) ? [rule] : [])
    expect(error).toBeLessThan(1e-5)
  })

  test('has no others', () => {
    const known: readonly string[] = rows.map(([, pattern]) => pattern)
    expect(table.filter((pattern) => pattern === undefined || !known.includes(pattern))).toEqual([])
  })
})

describe('where rows of the table meet, the graph is what torch makes of it', () => {
  const fusedAsTorch = async (name: string): Promise<PresetOutcome> => {
    const testCase = caseNamed(name)
    const outcome = await fuseAsPreset(testCase)
    expect(outcome.kinds).toEqual(kindsOfTorch(testCase))
    expect(outcome.error).toBeLessThan(1e-5)
    return outcome
  }

  test('linear layer, batch-norm and ReLU: the ReLU stays', async () => {
    const { rules, printed } = await fusedAsTorch('linear layer, batch-norm and ReLU')
    expect(rules).toEqual(['linear-bn'])
    expect(printed).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (relu)
        linear: nn.Linear(3 -> 3) : bn <- x
        relu: nn.ReLU : relu <- bn"
    `)
  })

  test('two batch-norms after a convolution: the second stays', async () => {
    const { rules, printed } = await fusedAsTorch('two batch-norms after a convolution')
    expect(rules).toEqual(['conv2d-bn'])
    expect(printed).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (bn2)
        conv: nn.Conv2d(3 -> 3, 1x1) : bn1 <- x
        bn2: nn.BatchNorm2d(3) : bn2 <- bn1"
    `)
  })

  test('transposed convolution, batch-norm and ReLU: the last two are fused, without a preset all three', async () => {
    const name = 'transposed convolution, batch-norm and ReLU'
    const { rules, printed } = await fusedAsTorch(name)
    expect(rules).toEqual(['bn2d-relu'])
    expect(printed).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (relu)
        conv: nn.ConvTranspose2d(3 -> 3, 1x1) : conv <- x
        bn: nni.BNReLU2d : relu <- conv
          0: nn.BatchNorm2d(3)
          1: nn.ReLU"
    `)
    const { report } = fuse(buildFxModel(caseNamed(name)))
    expect(report.applied.map(({ rule }) => rule)).toEqual(['conv-transpose2d-bn-relu'])
  })

  test('the same, where no row has the last two: the first two are fused', async () => {
    const name = 'transposed convolution, batch-norm and ReLU, where no row has the last two'
    const { rules, printed } = await fusedAsTorch(name)
    expect(rules).toEqual(['conv-transpose2d-bn'])
    expect(printed).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (relu)
        conv: nn.ConvTranspose2d(3 -> 3, 1x1) : bn <- x
        relu: nn.ReLU : relu <- bn"
    `)
  })
})
