import { base, bytesOf, irVersionFor } from './base-model.js'
import type { LegalModel } from './legal-model.js'

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i)

/** The newest that onnx-buf has messages for. */
const newestOpset = 25
const newestIrVersion = 13

/** Each opset in the oldest format that it goes with, and one opset in each format. */
export const versionModels: readonly LegalModel[] = [
  ...range(7, newestOpset).map((opset) => ({ name: `opset ${opset}`, bytes: bytesOf(base(opset)) })),
  ...range(3, newestIrVersion).map((irVersion) => ({
    name: `IR version ${irVersion}`,
    bytes: bytesOf(base(8, irVersion)),
  })),
  { name: 'a newer opset than any', bytes: bytesOf(base(99, irVersionFor(99))) },
]
