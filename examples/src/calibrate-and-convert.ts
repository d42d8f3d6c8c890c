import { floatTensor, inference, manualSeed, print, ReLU, Sequential, type Tensor } from '@nnfuse/ir'
import { calibrate, convert, edgeLayers, type OpenModel, prepareQat, qconfigs } from '@nnfuse/quantization'
import { run } from '@nnfuse/runtime'
import { fuse } from 'nnfuse'

const nn = manualSeed(0)
const layers = {
  conv1: nn.Conv2d(1, 8, 3),
  relu: ReLU(),
  conv2: nn.Conv2d(8, 8, 3),
  conv3: nn.Conv2d(8, 4, 3),
}
const { model } = fuse(inference(Sequential(layers)))

// what runs models: here our own runtime, in practice ONNX Runtime
const open: OpenModel = async (float) => ({
  run: async (inputs) => (await run(float, inputs)).outputs,
  close: async () => undefined,
})

async function* samples(): AsyncGenerator<Tensor[]> {
  for (const batch of [0, 1, 2]) {
    const data = Float32Array.from({ length: 200 }, (_, i) => Math.sin(i + batch))
    yield await Promise.resolve([floatTensor(data, [2, 1, 10, 10])])
  }
}

const { last } = edgeLayers(model)
const prepared = prepareQat(model, {
  names: Object.fromEntries(last.map((path) => [path, null])), // the last layer stays in float
  default: qconfigs.calibration.onnxruntime,
})
const integers = convert(await calibrate(prepared, samples(), open))
console.log(print(integers.root))
