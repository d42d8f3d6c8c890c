import { graphModels } from './graph-models.js'
import type { LegalModel } from './legal-model.js'
import { tensorModels } from './tensor-models.js'
import { typeModels } from './type-models.js'
import { versionModels } from './version-models.js'
import { wireModels } from './wire-models.js'

/** Files that ONNX allows, each for something that few files have. */
export const legalModels: readonly LegalModel[] = [
  ...versionModels,
  ...tensorModels,
  ...typeModels,
  ...graphModels,
  ...wireModels,
]
