// Writes net.onnx: what nnfuse-plugin-squared-relu has rules for. Runs in the folder of a user, not in this repository.
import { Flatten, graphModule, Mul, manualSeed, ReLU, stateInputs } from '@nnfuse/ir'
import { writeOnnx } from '@nnfuse/onnx/node'

const nn = manualSeed(0)
const layers = {
  depthwise: nn.Conv2d(4, 4, 3, { groups: 4, padding: 1 }),
  relu1: ReLU(),
  dense: nn.Conv2d(4, 2, 3),
  relu2: ReLU(),
  flatten: Flatten(),
  up: nn.Linear(32, 8),
  relu3: ReLU(),
  square: Mul(),
  idle: ReLU(),
  down: nn.Linear(8, 3),
}
const model = graphModule(layers, (m, x) => {
  const positive = m.relu3(m.up(m.flatten(m.relu2(m.dense(m.relu1(m.depthwise(x)))))))
  return m.down(m.idle(m.square(positive, positive)))
})

await writeOnnx(stateInputs(model, [{ dtype: 'float32', shape: [1, 4, 6, 6] }]), 'net.onnx')
