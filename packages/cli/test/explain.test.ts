import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  type ExplainFileResult,
  explainFile,
  formatExplain,
  formatPlan,
  type PlanFileResult,
  plain,
  planFile,
} from '../src/index.js'
import { foldedAlready } from './models.js'
import { nnfuse, scratch, shapes } from './run-nnfuse.js'

describe('explain', () => {
  test('names the rule that takes a layer', async () => {
    expect(await nnfuse(['explain', shapes, 'stem.bn'])).toEqual({
      code: 0,
      stderr: '',
      stdout: [
        'stem.bn  nn.BatchNorm2d',
        'fused by conv2d-bn-relu: stem.conv, stem.bn, relu',
        '  which become stem.conv (nni.ConvReLU2d)',
        '',
      ].join('\n'),
    })
  })

  test('says of a layer that stays which rules came near, and why they stopped', async () => {
    const { code, stdout } = await nnfuse(['explain', shapes, 'pixels'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^stays as it is: no rule takes it$/m)
    expect(stdout).toMatch(
      /^conv2d-bn +1 of 2 {2}its input "image" is an input of the model, not the output of nn\.Conv2d$/m,
    )
  })

  test('names who else uses what would be folded', async () => {
    const { stdout } = await nnfuse(['explain', shapes, 'block3.bn'])
    expect(stdout).toMatch(/^fused by bn2d-relu: block3\.bn, block3\.relu$/m)
    expect(stdout).toMatch(/^conv2d-bn +2 of 2 {2}the output of block3\.conv is also used by block3\.Add$/m)
  })

  test('gives the same as data', async () => {
    const { stdout } = await nnfuse(['explain', shapes, 'block3.bn', '--json'])
    const result = JSON.parse(stdout) as ExplainFileResult
    expect(result).toEqual(JSON.parse(JSON.stringify(await explainFile(shapes, 'block3.bn'))))
    expect(result).toMatchObject({ input: shapes, path: 'block3.bn', outcome: 'fused' })
  })

  test('a layer that is none ends with exit code 2 and what there is', async () => {
    const { code, stdout, stderr } = await nnfuse(['explain', shapes, 'stem.bn1'])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toBe('nnfuse: the model has no module "stem.bn1"\n"stem" has the children "conv", "bn".\n')
  })

  test('a missing argument ends with exit code 2', async () => {
    expect(await nnfuse(['explain', shapes])).toMatchObject({ code: 2, stdout: '' })
  })

  test('shows what else may become of a layer', () => {
    const base = { input: 'a.onnx', path: 'a', kind: 'nn.Dropout', takenBy: [], near: [] } as const
    expect(formatExplain({ ...base, outcome: 'dropped' }, plain)).toContain('does nothing at inference')
    expect(formatExplain({ ...base, outcome: 'kept' }, plain)).toContain('no rule came near')
    const opaque = formatExplain({ ...base, outcome: 'opaque', note: 'odd\u001b[2J' }, plain)
    expect(opaque).toBe('a  nn.Dropout\nkept as it is in the file: odd\\u001b[2J\n')
  })

  test('counts the rules that came less near than the first few', () => {
    const near = Array.from({ length: 10 }, (_, i) => ({
      rule: `r${i}`,
      matched: 1,
      slots: 2,
      reason: 'so',
      paths: ['a'],
    }))
    const result = { input: 'a.onnx', path: 'a', kind: 'k', takenBy: [], outcome: 'kept', near } as const
    expect(formatExplain(result, plain)).toMatch(/r7 .*\nand 2 that came less near; --json has them all\n$/)
  })
})

describe('plan', () => {
  test('prints the rules with their layers, and what stays and why', async () => {
    const { code, stdout, stderr } = await nnfuse(['plan', shapes])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.replace(shapes, 'shapes.onnx')).toMatchInlineSnapshot(`
      "shapes.onnx  opset 17, 31 nodes

      rules that would apply
        conv2d-bn  2
          block2.second.conv, block2.second.bn  -> nn.Conv2d
          block4.conv, block4.bn                -> nn.Conv2d
        conv2d-bn-relu  4
          stem.conv, stem.bn, relu                                   -> nni.ConvReLU2d
          block1.depthwise.conv, block1.depthwise.bn, block1.relu    -> nni.ConvReLU2d
          block1.pointwise.conv, block1.pointwise.bn, block1.relu_1  -> nni.ConvReLU2d
          block2.first.conv, block2.first.bn, block2.relu            -> nni.ConvReLU2d
        linear-bn-relu  1
          head.fc1, head.bn, head.relu  -> nni.LinearReLU
        bn2d-relu  1
          block3.bn, block3.relu  -> nni.BNReLU2d

      looks foldable, would stay (2 layers)
        pixels  nn.BatchNorm2d
          it comes from "image", an input of the model
          stem.conv (nni.ConvReLU2d): it pads with zeros, where nothing would be added
        block3.bn  nn.BatchNorm2d
          the output of block3.conv is also used by block3.Add
          nothing is moved past block3.relu (nn.ReLU)

      nothing was written
      "
    `)
  })

  test('touches nothing', async () => {
    const folder = scratch()
    copyFileSync(shapes, join(folder, 'in.onnx'))
    await nnfuse(['plan', 'in.onnx'], { cwd: folder })
    expect(readdirSync(folder)).toEqual(['in.onnx'])
    expect(readFileSync(join(folder, 'in.onnx')).equals(readFileSync(shapes))).toBe(true)
  })

  test('gives what fuse then does, as data', async () => {
    const folder = scratch()
    const output = join(folder, 'out.onnx')
    const [planned, fused] = await Promise.all([
      nnfuse(['plan', shapes, '--json']),
      nnfuse(['fuse', shapes, '-o', output, '--no-verify', '--json']),
    ])
    const plan = JSON.parse(planned.stdout) as PlanFileResult
    const result = JSON.parse(fused.stdout)
    expect(plan.left).toEqual(result.left)
    expect(plan.rules.map(({ rule, places }) => [rule, places.length])).toEqual(
      result.rules.map(({ rule, times }: { rule: string; times: number }) => [rule, times]),
    )
  })

  test('says so where the exporter has folded batch-norm', async () => {
    const plan = await planFile(await foldedAlready(scratch()))
    expect(plan.hadBatchNorm).toBe(false)
    const none = formatPlan({ ...plan, rules: [], dropped: ['drop'] }, plain)
    expect(none).toContain('the exporter has folded it already')
    expect(none).toContain('does nothing, would go\n  drop\n')
  })

  test('a file that is no model ends with exit code 2', async () => {
    const path = join(scratch(), 'no.onnx')
    writeFileSync(path, 'no model')
    expect(await nnfuse(['plan', path])).toMatchObject({ code: 2, stdout: '' })
  })
})
