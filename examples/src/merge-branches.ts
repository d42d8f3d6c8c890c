import { Add, graphModule, manualSeed, print, ReLU, Sequential } from '@nnfuse/ir'
import { fuse } from 'nnfuse'

const nn = manualSeed(0)
const convBn = (kernel: number, padding: number) =>
  Sequential({ conv: nn.Conv2d(16, 16, kernel, { padding, bias: false }), bn: nn.BatchNorm2d(16) })

const repVgg = graphModule(
  {
    dense: convBn(3, 1),
    point: convBn(1, 0),
    identity: nn.BatchNorm2d(16),
    add: Add(),
    sum: Add(),
    relu: ReLU(),
  },
  (m, x) => m.relu(m.sum(m.add(m.dense(x), m.point(x)), m.identity(x))),
)

console.log(print(fuse(repVgg).model.root)) // one convolution of 3x3, with its ReLU
