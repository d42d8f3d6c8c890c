import { type Model, readValues, type Tensor } from '@nnfuse/ir'
import { noBatches } from './errors.js'
import { type Batches, type OpenModel, withOpened } from './opened-model.js'
import { SignalToNoise } from './signal-to-noise.js'

/** Tensors, time after time: inputs, or the outputs for them. */
type Rounds = readonly (readonly Tensor[])[]

/** All batches, in memory. */
export const collected = async (batches: Batches): Promise<Rounds> => {
  const inputs: (readonly Tensor[])[] = []
  for await (const batch of batches) inputs.push(batch)
  if (inputs.length === 0) throw noBatches()
  return inputs
}

export const outputsOf = (model: Model, inputs: Rounds, open: OpenModel): Promise<Rounds> =>
  withOpened(open, model, async (opened) => {
    const outputs: (readonly Tensor[])[] = []
    for (const batch of inputs) outputs.push(await opened.run(batch))
    return outputs
  })

const isFloat = ({ dtype }: Tensor): boolean => dtype.startsWith('float')

/** Of all floats together. */
export const decibelsOf = async (right: Rounds, given: Rounds): Promise<number> => {
  const ratio = new SignalToNoise()
  for (const [i, outputs] of right.entries()) {
    for (const [k, output] of outputs.entries()) {
      if (!isFloat(output)) continue
      const other = given[i]?.[k] as Tensor
      ratio.add((await readValues(output)) as Float32Array, (await readValues(other)) as Float32Array)
    }
  }
  return ratio.decibels
}

/**
 * Signal-to-noise ratio of the outputs of a model against those of another that is taken to be right, in decibels.
 *
 * @param batches kept in memory, with the outputs for them
 * @throws NnfuseError `NO_BATCHES`, and whatever `open` throws
 */
export const outputDecibels = async (
  right: Model,
  given: Model,
  batches: Batches,
  open: OpenModel,
): Promise<number> => {
  const inputs = await collected(batches)
  return decibelsOf(await outputsOf(right, inputs, open), await outputsOf(given, inputs, open))
}
