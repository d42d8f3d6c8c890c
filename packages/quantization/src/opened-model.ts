import type { Model, Tensor } from '@nnfuse/ir'

/** A model that is ready to be run. */
export interface OpenedModel {
  /** One tensor for each input of the model; gives one for each output, in their orders. */
  run(inputs: readonly Tensor[]): Promise<readonly Tensor[]>
  close(): Promise<void>
}

/**
 * Makes a model ready to be run, by whatever runs it fast: written to ONNX and opened by ONNX Runtime, or run as it is by
 * `@nnfuse/runtime`.
 */
export type OpenModel = (model: Model) => Promise<OpenedModel>

/** Inputs of a model, a tensor for each, time after time. */
export type Batches = AsyncIterable<readonly Tensor[]> | Iterable<readonly Tensor[]>

/** Opens a model for as long as it is used. */
export const withOpened = async <T>(
  open: OpenModel,
  model: Model,
  use: (opened: OpenedModel) => Promise<T>,
): Promise<T> => {
  const opened = await open(model)
  try {
    return await use(opened)
  } finally {
    await opened.close()
  }
}
