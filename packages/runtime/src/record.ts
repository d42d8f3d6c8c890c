import { numpy as np } from '@jax-js/jax'
import { type AnyModule, GraphModule, type Ops, Sequential, type Tensor } from '@nnfuse/ir'
import type { Compute, Differentiable } from './call-context.js'
import type { Value } from './device.js'
import { noForward, wrongInputCount } from './errors.js'
import { clip, gelu, hardswish, leakyRelu, relu, sigmoid, tanh } from './ops/activations.js'
import { dropout } from './ops/dropout.js'
import { dynamicIntegers, dynamicScale, dynamicZeroPoint, linearIntegers } from './ops/dynamic-quantize.js'
import { add, concat, div, divByReciprocal, flatten, mul, sub, where } from './ops/elementwise.js'
import { dequantize, quantizeDequantize } from './ops/quantize.js'
import { mean } from './ops/reduce.js'
import { pad, reshape, squeeze, transpose, unsqueeze } from './ops/shape.js'
import { layerOps } from './record-layers.js'
import { poolOps } from './record-pools.js'
import type { WayBackOf } from './way-back.js'

/*
 * Ops<V> lets a forward do nothing with a value but pass it on, so a forward is a straight line of operations,
 * whatever the values are. Running it once on placeholders writes that line down; the line is then computed step
 * by step. This is what makes it possible to read weights from files, to wait for hooks, and to nest modules
 * without nesting function calls, although forwards are plain synchronous functions.
 */

/** Stands for a value while a forward is recorded; counted from the module's inputs on. */
export class Slot {
  readonly index: number
  constructor(index: number) {
    this.index = index
  }
}

export interface ComputeStep {
  readonly type: 'compute'
  readonly inputs: readonly number[]
  readonly compute: Compute
  /** What to differentiate in the place of `compute`, where that cannot be. */
  readonly gradient: Differentiable | undefined
  /** A way back that is better than what differentiating gives. */
  readonly wayBack: WayBackOf | undefined
  /** The tensor of the model that this step uploads. */
  readonly source: Tensor | undefined
  /** Empty for a step that is there for its effect. */
  readonly outputs: readonly [] | readonly [number]
}

export interface CallStep {
  readonly type: 'call'
  readonly name: string
  readonly module: AnyModule
  readonly inputs: readonly number[]
  readonly outputs: readonly number[]
}

/** What one module does, its children's calls included but not what they do. */
export interface Program {
  readonly steps: readonly (ComputeStep | CallStep)[]
  readonly outputs: readonly number[]
  /** For each slot, how often it is used. */
  readonly uses: readonly number[]
}

const joined = (prefix: string, name: string): string => (prefix === '' ? name : `${prefix}.${name}`)

/** How many values a child gives. Where only running it can tell, one: its own call will fail and say why. */
const outputCount = (module: AnyModule, path: string, inputs: number): number => {
  if (GraphModule.is(module)) return module.attrs.outputs.length
  if (Sequential.is(module)) return 1
  if (module.definition.forward === undefined) throw noForward(path, module.kind)
  try {
    return record(module, path, inputs).outputs.length
  } catch {
    return 1
  }
}

export class Recorder {
  readonly steps: (ComputeStep | CallStep)[] = []
  readonly uses: number[] = []
  readonly inputCount: number
  readonly #path: string

  constructor(path: string, inputCount: number) {
    this.#path = path
    this.inputCount = inputCount
  }

  slot(): Slot {
    return new Slot(this.uses.push(0) - 1)
  }

  /** Counts a use. A missing input arrives here as undefined: forwards do not count their arguments. */
  use(slot: Slot | undefined): number {
    if (slot === undefined) throw wrongInputCount(`more than ${this.inputCount}`, this.inputCount)
    this.uses[slot.index] = (this.uses[slot.index] ?? 0) + 1
    return slot.index
  }

  emit(
    inputs: readonly Slot[],
    compute: Compute,
    { gradient, wayBack, source }: Partial<Pick<ComputeStep, 'gradient' | 'wayBack' | 'source'>> = {},
  ): Slot {
    const used = inputs.map((input) => this.use(input))
    const output = this.slot()
    const outputs = [output.index] as const
    this.steps.push({ type: 'compute', inputs: used, compute, gradient, wayBack, source, outputs })
    return output
  }

  /** A tensor of the model. */
  constant(source: Tensor): Slot {
    return this.emit([], (_inputs, { device }) => device.upload(source), { source })
  }

  /** A step that gives no value. */
  effect(inputs: readonly Slot[], compute: Compute): void {
    const used = inputs.map((input) => this.use(input))
    this.steps.push({
      type: 'compute',
      inputs: used,
      compute,
      gradient: undefined,
      wayBack: undefined,
      source: undefined,
      outputs: [],
    })
  }

  call(name: string, module: AnyModule, inputs: readonly Slot[]): readonly Slot[] {
    const used = inputs.map((input) => this.use(input))
    const count = outputCount(module, joined(this.#path, name), inputs.length)
    const outputs = Array.from({ length: count }, () => this.slot())
    this.steps.push({ type: 'call', name, module, inputs: used, outputs: outputs.map(({ index }) => index) })
    return outputs
  }
}

type Unary = (x: Parameters<Compute>[0][0], context: Parameters<Compute>[1]) => ReturnType<Compute>

type IntegerOps = Pick<Ops<Slot>, 'dynamicQuantize' | 'linearIntegers' | 'linearDequantized'>

/** Integers are kept in float32 here, which has them all. */
const integerOps = (recorder: Recorder): IntegerOps => ({
  dynamicQuantize: (x) => {
    const scale = recorder.emit([x], ([value]) => dynamicScale(value as Value))
    const zeroPoint = recorder.emit([x, scale], ([value, by]) =>
      dynamicZeroPoint(value as Value, by as Value),
    )
    const integers = recorder.emit([x, scale, zeroPoint], ([value, by, zero]) =>
      dynamicIntegers(value as Value, by as Value, zero as Value),
    )
    return [integers, scale, zeroPoint]
  },
  linearIntegers: (x, zeroPoint, weight) =>
    recorder.emit([x, zeroPoint], ([value, zero], { device }) =>
      linearIntegers(value as Value, zero as Value, weight, device),
    ),
  linearDequantized: (x, { weight, scale, zeroPoint, axis, format }) => {
    const integers = [weight, scale, zeroPoint].map((tensor) => recorder.constant(tensor))
    const floats = recorder.emit(integers, (inputs) => dequantize(inputs, axis, format))
    return layerOps(recorder).linear(x, { weight, bias: null }, { weight: floats })
  },
})

const recordingOps = (recorder: Recorder): Ops<Slot> => {
  const unary = (x: Slot, compute: Unary): Slot =>
    recorder.emit([x], ([value], context) => compute(value as Parameters<Unary>[0], context))
  return {
    call: (name, module, inputs) => recorder.call(name, module, inputs),
    constant: (tensor) => recorder.constant(tensor),
    ...layerOps(recorder),
    relu: (x) => unary(x, relu),
    clip: (x, min, max) => unary(x, (value) => clip(value, min, max)),
    leakyRelu: (x, slope) => unary(x, (value) => leakyRelu(value, slope)),
    tanh: (x) => unary(x, (value, { device }) => tanh(value, device)),
    sigmoid: (x) => unary(x, (value, { device }) => sigmoid(value, device)),
    gelu: (x, approximate) => unary(x, (value, { device }) => gelu(value, approximate, device)),
    hardswish: (x) => unary(x, hardswish),
    add: (a, b) => recorder.emit([a, b], add),
    sub: (a, b) => recorder.emit([a, b], sub),
    mul: (a, b) => recorder.emit([a, b], mul),
    div: (a, b) => recorder.emit([a, b], div, { gradient: divByReciprocal }),
    sqrt: (x) => unary(x, (value) => np.sqrt(value)),
    where: (condition, a, b) => recorder.emit([condition, a, b], where),
    mean: (x, axes) => unary(x, (value) => mean(value, axes)),
    quantizeDequantize: (x, grid) =>
      recorder.emit([x, grid.scale, grid.zeroPoint], (inputs) => quantizeDequantize(inputs, grid)),
    dequantize: (integers, scale, zeroPoint, axis, format) =>
      recorder.emit([integers, scale, zeroPoint], (inputs) => dequantize(inputs, axis, format)),
    ...integerOps(recorder),
    concat: (values, axis) => recorder.emit(values, (inputs) => concat(inputs, axis)),
    flatten: (x, start, end) => unary(x, (value) => flatten(value, start, end)),
    reshape: (x, sizes) => unary(x, (value) => reshape(value, sizes)),
    transpose: (x, perm) => unary(x, (value) => transpose(value, perm)),
    squeeze: (x, axes) => unary(x, (value) => squeeze(value, axes)),
    unsqueeze: (x, axes) => unary(x, (value) => unsqueeze(value, axes)),
    pad: (x, pads, value) => unary(x, (input) => pad(input, pads, value)),
    ...poolOps(recorder),
    dropout: (x, p, training) =>
      training ? unary(x, (value, { nextSeed }) => dropout(value, p, nextSeed())) : x,
    kept: (attrs, name) =>
      recorder.emit([], (_inputs, { device, learned }) => device.upload(learned.latest(attrs)[name])),
    learn: (attrs, values, step) =>
      recorder.effect(values, async (inputs, { device, learned }) => {
        const seen = await Promise.all(inputs.map((value) => device.read(value)))
        learned.update(attrs, await step(learned.latest(attrs), ...seen))
        return undefined
      }),
  }
}

/**
 * Refuses inputs that nothing looks at: PyTorch's forwards would not accept them either. A graph may ignore some
 * of its inputs, and knows how many it has; other forwards have theirs as parameters.
 */
const checkInputCount = (module: AnyModule, { inputCount, uses }: Recorder): void => {
  if (GraphModule.is(module)) {
    const wanted = module.attrs.inputs.length
    if (wanted !== inputCount) throw wrongInputCount(wanted, inputCount)
    return
  }
  const declared = Math.max(0, (module.definition.forward?.length ?? 0) - 2)
  const ignored = uses.findIndex((count, i) => i >= declared && i < inputCount && count === 0)
  if (ignored !== -1) throw wrongInputCount(ignored, inputCount)
}

/**
 * Writes down what a module does with so many inputs.
 *
 * @throws NnfuseError `NO_FORWARD` for the module or a child of it, `BAD_INPUT` for a wrong number of inputs
 */
export const record = (module: AnyModule, path: string, inputCount: number): Program => {
  const { forward } = module.definition
  if (forward === undefined) throw noForward(path, module.kind)
  const recorder = new Recorder(path, inputCount)
  const inputs = Array.from({ length: inputCount }, () => recorder.slot())
  const result = forward(recordingOps(recorder), module, ...inputs)
  const outputs = result instanceof Slot || result === undefined ? [result] : result.outputs
  const used = outputs.map((output) => recorder.use(output))
  checkInputCount(module, recorder)
  return { steps: recorder.steps, outputs: used, uses: recorder.uses }
}
