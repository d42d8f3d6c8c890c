import { type AnyModule, manualSeed, ReLU, readValues, Sequential, type Tensor, train } from '@nnfuse/ir'
import { run } from '@nnfuse/runtime'

const nn = manualSeed(0)
const model: AnyModule = train(Sequential([nn.Linear(2, 3), nn.BatchNorm1d(3), ReLU()]))
const batch = { data: Float32Array.of(0.5, -1, 2, 0.25), shape: [2, 2] }

const { outputs, model: after } = await run(model, [batch]) // after holds the new running statistics
console.log(await readValues(outputs[0] as Tensor), after !== model)
