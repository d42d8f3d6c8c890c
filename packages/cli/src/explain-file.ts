import { readOnnx } from '@nnfuse/onnx/node'
import { explain, type FuseOptions, type LayerExplanation } from 'nnfuse'

/** What fusing a file does with one of its layers, as plain JSON data. */
export interface ExplainFileResult extends LayerExplanation {
  readonly input: string
}

/**
 * Says which rule takes a layer of an ONNX file, or which rules come near and why they stop. Writes and runs nothing.
 *
 * @param path of the layer as `inspectFile` gives it: `layer1.0.bn1`
 * @throws NnfuseError for a file that cannot be read, and `NO_SUCH_PATH` with what there is.
 */
export const explainFile = async (
  input: string,
  path: string,
  options: Pick<FuseOptions, 'plugins'> = {},
): Promise<ExplainFileResult> => ({
  input,
  ...explain(await readOnnx(input), path, options),
})
