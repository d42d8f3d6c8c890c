import { type AnyModule, Model, stateInputs } from '@nnfuse/ir'
import { run } from '@nnfuse/runtime'
import { expect, test } from 'vitest'
import { drawn, numbersOf, readGolden } from '../../test/golden.js'
import { type LayerCase, moduleOf, nameOf } from '../../test/layer-case.js'
import { openUnoptimized } from '../../test/open-onnxruntime.js'
import { observe } from '../index.js'

/*
 * A prepared layer has one definition: what it is in ONNX follows from the forward that the runtime runs. Only layers in
 * inference: ONNX has no training.
 */

const { cases } = readGolden<{ cases: readonly LayerCase[] }>('qat-layers')
const inInference = cases.filter(({ mode, kind }) => mode === 'eval' || !kind.includes('Bn'))

/** The layer after it has seen its weight; no weight lies half way between two steps, where the last bit would decide. */
const seen = async (one: LayerCase): Promise<AnyModule> => {
  const { model } = await run(moduleOf({ ...one, mode: 'eval', quantized: 'narrow' }), [drawn(1, one.input)])
  return observe(model, false)
}

test.each(inInference.map((one) => [nameOf(one), one] as const))(
  'ONNX Runtime computes what the runtime computes: %s',
  async (_, one) => {
    const module = await seen(one)
    const input = drawn(2, one.input)
    const { outputs } = await run(module, [input])
    const wanted = await numbersOf(outputs[0])
    const opened = await openUnoptimized(
      new Model(stateInputs(module, [{ dtype: 'float32', shape: one.input }])),
    )
    const [given] = await opened.run([input])
    await opened.close()
    expect(given?.shape).toEqual(outputs[0]?.shape)
    const bound = 1e-5 * (1 + Math.max(...wanted.map(Math.abs)))
    for (const [i, x] of (await numbersOf(given)).entries()) {
      expect(Math.abs(x - (wanted[i] as number))).toBeLessThanOrEqual(bound)
    }
  },
)
