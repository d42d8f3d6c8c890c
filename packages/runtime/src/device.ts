import { init, numpy as np } from '@jax-js/jax'
import { type DType, elementCount, readValues, type Tensor, type TypedArray, tensorOf } from '@nnfuse/ir'
import { deviceUnavailable, dtypeUnsupported } from './errors.js'
import { withFloat16Array } from './with-float16-array.js'

/** `wasm` runs everywhere; `webgpu` in browsers that have it, and without float64. */
export type DeviceName = 'wasm' | 'webgpu'

/**
 * An array on a device. jax-js counts references: every function consumes its arguments, and `value.ref` makes
 * one more. Every function here that takes a Value consumes it, exactly once.
 */
export type Value = np.Array

type ComputeDType = 'float32' | 'float64' | 'int32' | 'uint32' | 'bool'

/** What each dtype is computed in. Nothing is narrowed: what is not here is refused. */
const computeDTypes: { readonly [D in DType]?: ComputeDType } = {
  float32: 'float32',
  float16: 'float32',
  bfloat16: 'float32',
  float64: 'float64',
  int8: 'int32',
  uint8: 'int32',
  int16: 'int32',
  uint16: 'int32',
  int32: 'int32',
  uint32: 'uint32',
  bool: 'bool',
}

type NumberArray = Exclude<TypedArray, BigInt64Array | BigUint64Array>

const convert = (
  values: NumberArray,
  dtype: ComputeDType,
): Float32Array | Float64Array | Int32Array | Uint32Array => {
  if (dtype === 'float32') return values as Float32Array
  if (dtype === 'float64') return values as Float64Array
  if (dtype === 'uint32') return values as Uint32Array
  return Int32Array.from(values)
}

/** Where a run computes: puts tensors on the device, and reads them back. */
export class Device {
  readonly name: DeviceName
  #unsettled = 0

  private constructor(name: DeviceName) {
    this.name = name
  }

  /** @throws NnfuseError `DEVICE_UNAVAILABLE` */
  static async open(name: DeviceName): Promise<Device> {
    const available = await init(name).catch((cause: unknown) => {
      throw deviceUnavailable(name, cause)
    })
    if (!available.includes(name)) throw deviceUnavailable(name)
    return new Device(name)
  }

  /** Reads a tensor, evaluating it if it is deferred, and copies it to the device. */
  async upload(tensor: Tensor): Promise<Value> {
    const dtype = computeDTypes[tensor.dtype]
    if (dtype === undefined || (dtype === 'float64' && this.name === 'webgpu')) {
      throw dtypeUnsupported(tensor.dtype, this.name)
    }
    return this.array(convert((await readValues(tensor)) as NumberArray, dtype), tensor.shape, dtype)
  }

  /** Copies numbers to the device. */
  array(
    values: Float32Array | Float64Array | Int32Array | Uint32Array,
    shape: readonly number[],
    dtype: ComputeDType,
  ): Value {
    const options = { shape: [...shape], dtype: dtype as np.DType, device: this.name }
    if (elementCount(shape) === 0) return np.zeros(options.shape, options)
    return withFloat16Array(() => np.array(values as Float32Array<ArrayBuffer>, options))
  }

  /** The numbers of a value; consumes it. */
  async read(value: Value): Promise<Tensor> {
    const { dtype, shape } = value
    const data = (await value.data()) as Float32Array | Int32Array
    if (dtype === 'bool') return tensorOf('bool', shape, Uint8Array.from(data))
    return tensorOf(
      dtype as ComputeDType,
      shape,
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    )
  }

  /**
   * Starts what has been queued for a value. jax-js queues work until somebody reads; queues that grow with the
   * model would make each further layer slower. A GPU is asked seldom, since asking it means waiting for it.
   */
  async settle(value: Value): Promise<void> {
    this.#unsettled += 1
    if (this.name === 'webgpu' && this.#unsettled < 16) return
    this.#unsettled = 0
    await value.blockUntilReady()
  }
}

/** A number as a partner of a value: float64 where the value is, so that it is not rounded to float32. */
export const scalar = (like: Value, value: number): Value => {
  const dtype = like.dtype === np.float64 ? np.float64 : np.float32
  return np.full([], value, { dtype, device: like.device })
}
