import { Conv2d, Dropout, flatten, manualSeed, print, Sequential } from '@nnfuse/ir'
import { apply, plan, rule } from '@nnfuse/matcher'

const dropAfterConv = rule('conv2d-dropout', [Conv2d, Dropout], (conv, dropout, cx) =>
  dropout.training ? cx.decline('dropout is in training mode') : conv,
)

const nn = manualSeed(0)
const graph = flatten(Sequential([nn.Conv2d(3, 8, 3), Dropout()]))
const planned = plan(graph, [dropAfterConv])

console.log(planned.applications.map(({ rule, paths }) => `${rule}: ${paths.join(', ')}`))
console.log(print(apply(planned)))
