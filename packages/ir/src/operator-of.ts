import type { AnyModule } from './module.js'

/**
 * The operator of ONNX that a layer is which no kind expresses, `Reshape` say; undefined for layers of other kinds. One that
 * ONNX does not know, or knows otherwise, has its domain in front, `com.microsoft/Gelu`.
 */
export const operatorOf = ({ kind, definition, attrs }: AnyModule): string | undefined =>
  kind === 'onnx.Op' ? definition.describe?.(attrs) : undefined
