import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { documentOf, importOnnx } from '@nnfuse/onnx'
import { InferenceSession, Tensor } from 'onnxruntime-node'

/** Runs a model with ONNX Runtime, fully optimized; also gives the operators that its optimizations left. */
export const runOptimized = async (
  bytes: Uint8Array,
  feeds: Readonly<Record<string, readonly [data: Float32Array, shape: readonly number[]]>>,
): Promise<{ outputs: number[][]; operators: string[] }> => {
  const folder = mkdtempSync(join(tmpdir(), 'nnfuse-quantization-'))
  const path = join(folder, 'optimized.onnx')
  try {
    const session = await InferenceSession.create(bytes, {
      optimizedModelFilePath: path,
      logSeverityLevel: 4,
      intraOpNumThreads: 1,
    })
    const results = await session.run(
      Object.fromEntries(
        Object.entries(feeds).map(([name, [data, shape]]) => [name, new Tensor('float32', data, shape)]),
      ),
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
