import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { documentOf, importOnnx } from '@nnfuse/onnx'
import { InferenceSession, Tensor } from 'onnxruntime-node'

/** So that kernels for weights of few bits compute with the values as they are; they are put on a grid otherwise. */
const extra = { session: { qdq_matmulnbits_accuracy_level: '0' } }

const tensorOf = (data: Float32Array | Float64Array, shape: readonly number[]): Tensor =>
  data instanceof Float32Array ? new Tensor('float32', data, shape) : new Tensor('float64', data, shape)

/** Runs a model with ONNX Runtime, fully optimized; also gives the operators that its optimizations left. */
export const runOptimized = async (
  bytes: Uint8Array,
  feeds: Readonly<Record<string, readonly [data: Float32Array | Float64Array, shape: readonly number[]]>>,
): Promise<{ outputs: number[][]; operators: string[] }> => {
  const folder = mkdtempSync(join(tmpdir(), 'nnfuse-quantization-'))
  const path = join(folder, 'optimized.onnx')
  try {
    const session = await InferenceSession.create(bytes, {
      optimizedModelFilePath: path,
      logSeverityLevel: 4,
      intraOpNumThreads: 1,
      extra,
    })
    const results = await session.run(
      Object.fromEntries(Object.entries(feeds).map(([name, [data, shape]]) => [name, tensorOf(data, shape)])),
    )
    await session.release()
    const document = documentOf(await importOnnx(new Uint8Array(readFileSync(path))))
    return {
      outputs: Object.values(results).map(({ data }) => Array.from(data as Float32Array)),
      operators: document?.nodes.map(({ node }) => node.opType) ?? [],
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
