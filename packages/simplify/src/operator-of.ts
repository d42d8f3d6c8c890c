import type { AnyModule } from '@nnfuse/ir'

/** The operator of ONNX that a layer without a kind is; undefined for layers of other kinds, and for others' operators. */
export const operatorOf = ({ kind, definition, attrs }: AnyModule): string | undefined =>
  kind === 'onnx.Op' ? definition.describe?.(attrs) : undefined
