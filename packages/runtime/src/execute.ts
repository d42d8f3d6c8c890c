import { type AnyModule, type Hook, hasHooks, type Tensor } from '@nnfuse/ir'
import { callAlwaysHooks, callForwardHooks, callPreHooks, type HookedCall } from './call-hooks.js'
import type { Device, Value } from './device.js'
import { runFailed } from './errors.js'
import type { Learned } from './learned.js'
import { type CallStep, type ComputeStep, type Program, record } from './record.js'
import type { Tape } from './tape.js'
import { consuming, disposeAll, Values } from './values.js'

/** What all calls of one run share. */
export interface RunContext {
  readonly device: Device
  readonly learned: Learned
  readonly nextSeed: () => number
  /** Notes how values come about, where gradients are wanted. */
  readonly tape?: Tape
}

/** A module call under way. Frames are a stack of our own: models may nest deeper than functions can call. */
interface Frame {
  readonly path: string
  readonly module: AnyModule
  /** Slots of the frame below that this call fills. */
  readonly answers: readonly number[]
  /** The inputs until the program starts; then they are among its values. */
  inputs: readonly Value[]
  program: Program | undefined
  values: Values
  next: number
  /** What hooks see; stays empty where there are none, so that nothing is read back in vain. */
  seenInputs: readonly Tensor[]
  seenOutputs: readonly Tensor[] | undefined
  readonly calledHooks: Set<Hook>
}

const frameOf = (
  path: string,
  module: AnyModule,
  inputs: readonly Value[],
  answers: readonly number[],
): Frame => ({
  path,
  module,
  answers,
  inputs,
  program: undefined,
  values: new Values([]),
  next: 0,
  seenInputs: [],
  seenOutputs: undefined,
  calledHooks: new Set(),
})

/** Reads values without consuming them. */
const look = (values: readonly Value[], { device }: RunContext): Promise<Tensor[]> =>
  Promise.all(values.map((value) => device.read(value.ref)))

/** Puts tensors in place of values where a hook has changed them. */
const replaced = async (
  values: readonly Value[],
  seen: readonly Tensor[],
  wanted: readonly Tensor[],
  { device }: RunContext,
): Promise<readonly Value[]> => {
  if (wanted === seen) return values
  const fresh = await Promise.all(wanted.map((tensor) => device.upload(tensor)))
  disposeAll(values)
  return fresh
}

/** The module as hooks see it: with the running statistics that it has by now. */
const hookedCall = (frame: Frame, { learned }: RunContext): HookedCall => ({
  path: frame.path,
  module: learned.appliedTo(frame.module),
  inputs: frame.seenInputs,
  called: frame.calledHooks,
})

/** Calls the pre-hooks, then writes down what is to be done. */
const start = async (frame: Frame, context: RunContext): Promise<Program> => {
  const { module, path } = frame
  if (hasHooks(module.hooks)) {
    const seen = await look(frame.inputs, context)
    frame.seenInputs = seen
    const shown = context.learned.appliedTo(module)
    frame.seenInputs = await callPreHooks(module.hooks.forwardPre, path, shown, seen)
    frame.inputs = await replaced(frame.inputs, seen, frame.seenInputs, context)
  }
  const program = attempt(frame, () => record(module, path, frame.inputs.length))
  const inputs = frame.inputs
  frame.inputs = []
  frame.values = new Values(program.uses)
  for (const [slot, value] of inputs.entries()) frame.values.put(slot, value)
  frame.program = program
  return program
}

const attempt = <T>({ path, module }: Frame, compute: () => T): T => {
  try {
    return compute()
  } catch (error) {
    throw runFailed(path, module.kind, error)
  }
}

const computeStep = async (frame: Frame, step: ComputeStep, context: RunContext): Promise<void> => {
  const { kind } = frame.module
  const inputs = step.inputs.map((slot) => frame.values.take(slot))
  try {
    const cx = { ...context, kind }
    const result = await consuming(inputs, (values) =>
      context.tape ? context.tape.compute(step, values, cx, frame.module) : step.compute(values, cx),
    )
    const [output] = step.outputs
    if (output === undefined || result === undefined) return
    frame.values.put(output, result)
    if (result.refCount > 0) await context.device.settle(result)
  } catch (error) {
    throw runFailed(frame.path, kind, error)
  }
}

const childFrame = ({ path, values }: Frame, step: CallStep): Frame =>
  frameOf(
    path === '' ? step.name : `${path}.${step.name}`,
    step.module,
    step.inputs.map((slot) => values.take(slot)),
    step.outputs,
  )

/** The outputs of a call, after its hooks. */
const finish = async (frame: Frame, program: Program, context: RunContext): Promise<readonly Value[]> => {
  const outputs = program.outputs.map((slot) => frame.values.take(slot))
  // Until they are handed on they belong to the frame, so that they are freed should a hook throw.
  frame.inputs = outputs
  if (frame.module.hooks.forward.length === 0) return outputs
  const seen = await look(outputs, context)
  frame.seenOutputs = seen
  const wanted = await callForwardHooks(hookedCall(frame, context), seen)
  frame.inputs = await replaced(outputs, seen, wanted, context)
  return frame.inputs
}

/** Frees what the failed calls held and gives their `alwaysCall` hooks their call, innermost first. */
const unwind = async (frames: Frame[], context: RunContext): Promise<void> => {
  for (let frame = frames.pop(); frame !== undefined; frame = frames.pop()) {
    disposeAll(frame.inputs)
    frame.values.dispose()
    await callAlwaysHooks(hookedCall(frame, context), frame.seenOutputs)
  }
}

const deliver = ({ values }: Frame, answers: readonly number[], results: readonly Value[]): void => {
  for (const [i, slot] of answers.entries()) values.put(slot, results[i] as Value)
}

/** Does one step of the innermost call; gives the outputs of the model when the outermost call is done. */
const advance = async (frames: Frame[], context: RunContext): Promise<readonly Value[] | undefined> => {
  const frame = frames.at(-1) as Frame
  const program = frame.program ?? (await start(frame, context))
  const step = program.steps[frame.next]
  frame.next += 1
  if (step?.type === 'compute') await computeStep(frame, step, context)
  else if (step?.type === 'call') frames.push(childFrame(frame, step))
  else {
    const results = await finish(frame, program, context)
    frames.pop()
    const parent = frames.at(-1)
    if (parent === undefined) return results
    deliver(parent, frame.answers, results)
  }
  return undefined
}

/** Runs a module on values of a device, which it consumes, and gives its outputs. */
export const execute = async (
  root: AnyModule,
  inputs: readonly Value[],
  context: RunContext,
): Promise<readonly Value[]> => {
  const frames = [frameOf('', root, inputs, [])]
  try {
    for (;;) {
      const results = await advance(frames, context)
      if (results !== undefined) return results
    }
  } catch (error) {
    await unwind(frames, context)
    throw error
  }
}
