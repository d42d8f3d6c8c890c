/** A file that ONNX allows, with a convolution and a batch-norm in it that fold. */
export interface LegalModel {
  readonly name: string
  readonly bytes: Uint8Array
  /** Where the batch-norm must not be folded. */
  readonly stays?: true
}
