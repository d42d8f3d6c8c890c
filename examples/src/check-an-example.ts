import { Conv2d, Dropout, floatTensor, Sequential } from '@nnfuse/ir'
import { rule } from '@nnfuse/matcher'
import { definePlugin } from '@nnfuse/pass-manager'
import { checkExample } from '@nnfuse/testing'

const plugin = definePlugin({
  name: '@acme/nnfuse-plugin-dropouts',
  rules: [rule('conv2d-dropout', [Conv2d, Dropout], (conv, dropout) => (dropout.training ? dropout : conv))],
})

const model = Sequential([Conv2d({ weight: floatTensor([2], [1, 1, 1, 1]) }), Dropout()])

await checkExample(plugin, {
  rule: 'conv2d-dropout',
  law: 'computes the same',
  model,
  inputs: [[2, 1, 3, 3]],
})
console.log('conv2d-dropout computes the same')
