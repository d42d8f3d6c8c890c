import { elementwiseTensor, floatTensor, readValues, type Tensor } from '@nnfuse/ir'
import { leadingChannels, scaleBlocks } from '@nnfuse/kernels'

/** A weight whose output channel i is multiplied by factors[i], when somebody reads it. */
const scaled = (weight: Tensor, factors: readonly number[]): Tensor =>
  elementwiseTensor(weight, [], () => scaleBlocks('float32', factors, leadingChannels(weight.shape)))

const weight = floatTensor([1, 2, 3, 4], [2, 2])
process.stdout.write(`${await readValues(scaled(weight, [10, 0.5]))}\n`) // 10,20,1.5,2
