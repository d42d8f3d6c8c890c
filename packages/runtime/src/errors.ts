import { isNnfuseError, NnfuseError } from '@nnfuse/ir'

const place = (path: string): string => (path === '' ? 'the model itself' : `"${path}"`)

/** A layer that says what it is but not what it computes: an opaque node of an imported file. */
export const noForward = (path: string, kind: string): NnfuseError =>
  new NnfuseError('NO_FORWARD', `${kind} at ${place(path)} does not say what it computes`, {
    path,
    hint: 'Give its kind a forward function, or keep it out of what is run.',
  })

/** Wraps whatever went wrong while a layer was computed; a missing forward names its place already. */
export const runFailed = (path: string, kind: string, cause: unknown): NnfuseError => {
  if (isNnfuseError(cause) && cause.code === 'NO_FORWARD') return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  const hint = isNnfuseError(cause) ? cause.hint : undefined
  return new NnfuseError('RUN_FAILED', `${kind} at ${place(path)}: ${reason}`, {
    path,
    cause,
    ...(hint !== undefined && { hint }),
  })
}

/** What a layer was given does not fit it. Reaches the caller as the cause of a `RUN_FAILED`. */
export const badInput = (message: string): NnfuseError => new NnfuseError('BAD_INPUT', message)

export const wrongInputCount = (wanted: number | string, given: number): NnfuseError =>
  badInput(`takes ${wanted} ${wanted === 1 ? 'input' : 'inputs'} but is given ${given}`)

export const wrongShape = (what: string, wanted: string, shape: readonly number[]): NnfuseError =>
  badInput(`${what} needs shape ${wanted}, got [${shape.join(', ')}]`)

export const dtypeUnsupported = (dtype: string, device: string): NnfuseError =>
  new NnfuseError('DTYPE_UNSUPPORTED', `${dtype} tensors cannot be computed with on ${device}`, {
    hint:
      dtype === 'float64'
        ? "Run on device 'wasm', which computes in float64."
        : 'Convert the tensor to float32.',
  })

export const deviceUnavailable = (device: string, cause?: unknown): NnfuseError =>
  new NnfuseError('DEVICE_UNAVAILABLE', `${device} is not available here`, {
    hint: "Pass device 'wasm', which runs everywhere.",
    ...(cause !== undefined && { cause }),
  })

export const badHookResult = (path: string, message: string): NnfuseError =>
  new NnfuseError('BAD_HOOK_RESULT', `a hook of ${place(path)} ${message}`, {
    path,
    hint: 'A hook returns nothing, a tensor, or an array of tensors.',
  })
