import { type DescMessage, fromBinary, type MessageShape } from '@bufbuild/protobuf'
import { malformed } from './errors.js'

/**
 * A message from its bytes.
 *
 * @throws NnfuseError `ONNX_MALFORMED` where they are none, or nested too deep (100 levels).
 */
export const parseMessage = <D extends DescMessage>(
  schema: D,
  bytes: Uint8Array,
  source: string,
  offset: number,
): MessageShape<D> => {
  try {
    return fromBinary(schema, bytes)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw malformed(source, offset, `its ${schema.name} cannot be read (${reason})`, { cause })
  }
}
