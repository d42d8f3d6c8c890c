import { flatten as flattenModel } from '@nnfuse/ir'
import type { Pass } from '../pass.js'

/** Dissolves nested containers into one graph over dotted paths. */
export const flatten: Pass = {
  name: 'flatten',
  description: 'Dissolves nested containers into one graph',
  run: (model) => flattenModel(model),
}
