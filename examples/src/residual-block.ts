import { Add, flatten, graphModule, manualSeed, print, ReLU, Sequential, stateDict } from '@nnfuse/ir'

const nn = manualSeed(0) // layers start as PyTorch's do after torch.manual_seed(0)

const block = graphModule(
  { conv: nn.Conv2d(8, 8, 3, { padding: 1, bias: false }), bn: nn.BatchNorm2d(8), add: Add(), relu: ReLU() },
  (m, x) => m.relu(m.add(m.bn(m.conv(x)), x)),
)
const model = Sequential({ stem: nn.Conv2d(3, 8, 3), block })

console.log(print(flatten(model)))
console.log([...stateDict(model).keys()])
