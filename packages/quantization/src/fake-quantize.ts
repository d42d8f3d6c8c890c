import {
  deferredTensor,
  encode,
  type Grid,
  type Kind,
  kind,
  type LearningStep,
  type Module,
  type Ops,
  readValues,
  type Tensor,
  tensorOf,
} from '@nnfuse/ir'
import { calculateQParams, type QParamNumbers } from './calculate-qparams.js'
import { movingAverage } from './observers/moving-average.js'
import type { Observer } from './observers/observer.js'
import { type QuantSpec, type QuantSpecOptions, quantSpec, storageOf } from './quant-spec.js'

/** A value that is quantized and back while a model trains; it watches what range the values have. */
export interface FakeQuantizeAttrs {
  readonly spec: QuantSpec
  readonly observer: Observer
  /** What the observer has seen: JSON data. */
  readonly state: unknown
  /** float32, `[]`, or `[size of the axis]`; computed from the state when it is read. */
  readonly scale: Tensor
  /** int32, in the shape of the scale. */
  readonly zeroPoint: Tensor
  /** Whether the observer watches. */
  readonly observing: boolean
  /** Whether values are quantized and back, or left as they are. */
  readonly quantizing: boolean
}

/** What a {@link FakeQuantize} is made from: the grid, and who watches. */
export interface FakeQuantizeOptions extends QuantSpecOptions {
  /** Default: a moving average of the extremes. */
  readonly observer?: Observer
  /** Size of the axis, where it is known before anything is observed. */
  readonly channels?: number
}

/** A module of {@link FakeQuantize}. */
export type FakeQuantizeModule = Module<'ao.FakeQuantize', FakeQuantizeAttrs>

const lazy = (
  dtype: 'float32' | 'int32',
  shape: readonly number[],
  numbers: () => ArrayLike<number>,
): Tensor => deferredTensor(dtype, shape, [], () => encode(numbers(), dtype))

const once = <T>(compute: () => T): (() => T) => {
  let known: T | undefined
  return () => {
    known ??= compute()
    return known
  }
}

/** The grid that follows from a state; computed when somebody reads it. */
const gridFor = (
  spec: QuantSpec,
  observer: Observer,
  state: unknown,
  shape: readonly number[],
): Pick<FakeQuantizeAttrs, 'state' | 'scale' | 'zeroPoint'> => {
  const numbers = once((): QParamNumbers => calculateQParams(observer.range(state, spec), spec))
  return {
    state,
    scale: lazy('float32', shape, () => numbers().scale),
    zeroPoint: lazy('int32', shape, () => numbers().zeroPoint),
  }
}

type QParamTensors = Pick<FakeQuantizeAttrs, 'scale' | 'zeroPoint'>

const starts = new Map<number | undefined, QParamTensors>()

/** Scale 1 and zero point 0; the same tensors each time, so that they are known again. */
const unobserved = (channels: number | undefined): QParamTensors => {
  const shape = channels === undefined ? [] : [channels]
  const filled = (value: number): number[] => new Array<number>(channels ?? 1).fill(value)
  const start = starts.get(channels) ?? {
    scale: tensorOf('float32', shape, encode(filled(1), 'float32')),
    zeroPoint: tensorOf('int32', shape, encode(filled(0), 'int32')),
  }
  starts.set(channels, start)
  return start
}

/** Whether nothing has been observed, nor a scale been loaded. */
export const isUnobserved = ({ state, scale }: FakeQuantizeAttrs): boolean =>
  state === null && scale === unobserved(scale.shape[0]).scale

/** The attributes with another state of the observer, and the scale and zero point that follow from it. */
export const withState = (
  { spec, observer }: Pick<FakeQuantizeAttrs, 'spec' | 'observer'>,
  state: unknown,
  channels: number | undefined,
): Pick<FakeQuantizeAttrs, 'state' | 'scale' | 'zeroPoint'> =>
  state === null
    ? { state, ...unobserved(channels) }
    : gridFor(spec, observer, state, channels === undefined ? [] : [channels])

const create = ({
  observer = movingAverage(),
  channels,
  ...options
}: FakeQuantizeOptions): FakeQuantizeAttrs => {
  const spec = quantSpec(options)
  const { start = null } = observer
  return {
    spec,
    observer,
    ...withState({ spec, observer }, start, channels),
    observing: start === null,
    quantizing: true,
  }
}

const watch: LearningStep<FakeQuantizeAttrs> = async ({ spec, observer, state }, x) => {
  const { shape } = x as Tensor
  const values = (await readValues(x as Tensor)) as Float32Array
  const next = observer.observe(state, values, shape, spec.axis)
  return withState({ spec, observer }, next, spec.axis === null ? undefined : shape[spec.axis])
}

/** The grid of a fake quantization as it stands while a model runs. */
const gridOf = <V>(ops: Ops<V>, attrs: FakeQuantizeAttrs): Grid<V> => ({
  scale: ops.kept(attrs, 'scale'),
  zeroPoint: ops.kept(attrs, 'zeroPoint'),
  axis: attrs.spec.axis ?? 0,
  dtype: storageOf(attrs.spec),
  min: attrs.spec.min,
  max: attrs.spec.max,
})

const describeSpec = ({ dtype, scheme, axis, min, max }: QuantSpec): string =>
  `${dtype} ${min} to ${max}, ${scheme}${axis === null ? '' : `, axis ${axis}`}`

/**
 * Quantizes values and back, so that a model feels in training what integers will do to it: torch's FakeQuantize. The
 * gradient is that of the identity where nothing is clamped, and 0 elsewhere.
 *
 * @throws NnfuseError `BAD_QUANT_SPEC`
 * @example `FakeQuantize({ dtype: 'uint8' })`, or of a weight `FakeQuantize({ dtype: 'int8', scheme: 'symmetric', axis: 0 })`
 */
export const FakeQuantize: Kind<'ao.FakeQuantize', FakeQuantizeAttrs, [options: FakeQuantizeOptions]> = kind(
  'ao.FakeQuantize',
  {
    create: (options) => ({ attrs: create(options) }),
    forward: (ops, { attrs }, x) => {
      if (attrs.observing) ops.learn(attrs, [x], watch)
      return attrs.quantizing ? ops.quantizeDequantize(x, gridOf(ops, attrs)) : x
    },
    buffers: { scale: 'scale', zeroPoint: 'zero_point' },
    describe: ({ spec, observer, observing, quantizing }) =>
      `${describeSpec(spec)}, ${observer.name}${observing ? '' : ', not observing'}${quantizing ? '' : ', off'}`,
  },
)
