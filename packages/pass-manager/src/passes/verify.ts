import { checkModel } from '../check-model.js'
import type { Pass } from '../pass.js'

/** Changes nothing; fails where a graph of the model is not well formed. */
export const verify: Pass = {
  name: 'verify',
  description: 'Checks that every graph is well formed',
  run: (model) => {
    checkModel(model)
    return model
  },
}
