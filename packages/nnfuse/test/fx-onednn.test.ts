import { describe, expect, test } from 'vitest'
import { fuseAsPreset } from './fuse-as-preset.js'
import { caseNamed, kindsOfTorch, rowsOf } from './fx-case.js'

/*
 * The table of torch's oneDNN backend, row by row on models that torch has fused as well. Rows come in the order in
 * which torch tries them, and patterns as it writes them: from the end, * for anything. A function in a pattern is
 * called elsewhere in the model, too.
 */

const rows = [
  [1, '(ReLU, (torch.add, (BatchNorm2d, Conv2d), *))', 'conv2d-bn-add-relu'],
  [2, '(ReLU, (operator.add, (BatchNorm2d, Conv2d), *))', 'conv2d-bn-add-relu'],
  [3, '(ReLU, (torch.add, *, (BatchNorm2d, Conv2d)))', 'conv2d-bn-add-relu'],
  [4, '(ReLU, (operator.add, *, (BatchNorm2d, Conv2d)))', 'conv2d-bn-add-relu'],
  [5, '(torch.add, (BatchNorm2d, Conv2d), *)', 'conv2d-bn-add'],
  [6, '(operator.add, (BatchNorm2d, Conv2d), *)', 'conv2d-bn-add'],
  [7, '(torch.add, *, (BatchNorm2d, Conv2d))', 'conv2d-bn-add'],
  [8, '(operator.add, *, (BatchNorm2d, Conv2d))', 'conv2d-bn-add'],
  [9, '(ReLU, (torch.add, Conv2d, *))', 'conv2d-add-relu'],
  [10, '(ReLU, (operator.add, Conv2d, *))', 'conv2d-add-relu'],
  [11, '(ReLU, (torch.add, *, Conv2d))', 'conv2d-add-relu'],
  [12, '(ReLU, (operator.add, *, Conv2d))', 'conv2d-add-relu'],
  [13, '(ReLU, (BatchNorm1d, Conv1d))', 'conv1d-bn-relu'],
  [14, '(F.relu, (BatchNorm1d, Conv1d))', 'conv1d-bn-relu'],
  [15, '(ReLU, (BatchNorm2d, Conv2d))', 'conv2d-bn-relu'],
  [16, '(F.relu, (BatchNorm2d, Conv2d))', 'conv2d-bn-relu'],
  [17, '(ReLU, (BatchNorm3d, Conv3d))', 'conv3d-bn-relu'],
  [18, '(F.relu, (BatchNorm3d, Conv3d))', 'conv3d-bn-relu'],
  [19, '(torch.add, Conv2d, *)', 'conv2d-add'],
  [20, '(operator.add, Conv2d, *)', 'conv2d-add'],
  [21, '(torch.add, *, Conv2d)', 'conv2d-add'],
  [22, '(operator.add, *, Conv2d)', 'conv2d-add'],
  [23, '(LeakyReLU, (BatchNorm1d, Linear))', 'linear-bn-activation'],
  [24, '(ReLU, Conv1d)', 'conv1d-relu'],
  [25, '(F.relu, Conv1d)', 'conv1d-relu'],
  [26, '(BatchNorm1d, Conv1d)', 'conv1d-bn'],
  [27, '(BatchNorm1d, ConvTranspose1d)', 'conv-transpose1d-bn'],
  [28, '(ReLU, Conv2d)', 'conv2d-relu'],
  [29, '(F.relu, Conv2d)', 'conv2d-relu'],
  [30, '(BatchNorm2d, Conv2d)', 'conv2d-bn'],
  [31, '(BatchNorm2d, ConvTranspose2d)', 'conv-transpose2d-bn'],
  [32, '(ReLU, Conv3d)', 'conv3d-relu'],
  [33, '(F.relu, Conv3d)', 'conv3d-relu'],
  [34, '(BatchNorm3d, Conv3d)', 'conv3d-bn'],
  [35, '(BatchNorm3d, ConvTranspose3d)', 'conv-transpose3d-bn'],
  [36, '(ReLU, Linear)', 'linear-relu'],
  [37, '(F.relu, Linear)', 'linear-relu'],
  [38, '(BatchNorm1d, Linear)', 'linear-bn'],
  [39, '(LeakyReLU, Linear)', 'linear-activation'],
  [40, '(F.leaky_relu, Linear)', 'linear-activation'],
  [41, '(Tanh, Linear)', 'linear-activation'],
  [42, '(torch.tanh, Linear)', 'linear-activation'],
  [43, '(ReLU, BatchNorm2d)', 'bn2d-relu'],
  [44, '(F.relu, BatchNorm2d)', 'bn2d-relu'],
  [45, '(ReLU, BatchNorm3d)', 'bn3d-relu'],
  [46, '(F.relu, BatchNorm3d)', 'bn3d-relu'],
] as const

const onednn = rowsOf('onednn')

/** Rows in which torch's own fuser fails, because it is given a function instead of a layer. */
const failing: readonly number[] = [40, 42]

test('these are the rows of the table', () => {
  expect(onednn.map(({ row, pattern }) => [row, pattern])).toEqual(
    rows.map(([row, pattern]) => [row, pattern]),
  )
  const withError = onednn.filter(({ torch }) => torch.error !== undefined)
  expect(withError.map(({ row }) => row)).toEqual(failing)
})

test.each(rows)('row %i: %s is fused by %s', async (row, _, rule) => {
  const testCase = onednn[row - 1] as (typeof onednn)[number]
  const { rules, kinds, printed, error, errorOfTorch } = await fuseAsPreset(testCase)
  expect(rules).toEqual([rule])
  expect(printed).toMatchSnapshot()
  expect(error).toBeLessThan(1e-5)
  if (!failing.includes(row)) {
    expect(kinds).toEqual(kindsOfTorch(testCase))
    expect(errorOfTorch).toBeLessThan(1e-5)
  }
})

describe('which operand of an addition takes it', () => {
  test.each([
    ['two convolutions added', 'the left one', ['left', 'torch_add']],
    ['a convolution and one with batch-norm added', 'the right one', ['right', 'bn', 'torch_add']],
    ['a residual connection', 'the convolution', ['conv', 'operator_add']],
  ])('%s: %s', async (name, _, paths) => {
    const testCase = caseNamed(name)
    const { report, kinds, printed, error } = await fuseAsPreset(testCase)
    expect(report.applied.map((taken) => taken.paths)).toEqual([paths])
    expect(kinds).toEqual(kindsOfTorch(testCase))
    expect(printed).toMatchSnapshot()
    expect(error).toBeLessThan(1e-5)
  })
})
