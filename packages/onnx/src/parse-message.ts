import { type DescMessage, fromBinary, type MessageShape } from '@bufbuild/protobuf'
import { checkMessage } from './check-message.js'
import { malformed } from './errors.js'

/**
 * A message from its bytes.
 *
 * @throws NnfuseError `ONNX_MALFORMED` where they are none, nested too deep (100 levels), hold a field that is written as
 * another type, or a string that is not UTF-8: two names that are not would become one.
 */
export const parseMessage = <D extends DescMessage>(
  schema: D,
  bytes: Uint8Array,
  source: string,
  offset: number,
): MessageShape<D> => {
  try {
    const message = fromBinary(schema, bytes)
    checkMessage(schema, message, bytes)
    return message
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw malformed(source, offset, `its ${schema.name} cannot be read (${reason})`, { cause })
  }
}
