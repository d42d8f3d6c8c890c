import {
  type AnyModule,
  type Ops,
  type Outputs,
  type Provenance,
  type Quantized,
  quantizedOf,
  type Tensor,
  uniqueNames,
  unknownType,
  type ValueType,
} from '@nnfuse/ir'
import type { AttributeProto, NodeProto } from 'onnx-buf'
import { attributeProto } from './attributes.js'
import { type OnnxDocument, type OnnxNode, type Origin, oldestOpset } from './document.js'
import { type Draft, type DraftNode, type DraftValue, namedValue, resultValue, tensorValue } from './draft.js'
import { emitOpaque, emitOrigin } from './emit-original.js'
import { cannotExpress } from './errors.js'
import { holdsExternal, type OnnxBody } from './inner-graphs.js'
import type { Emit, NewAttributes } from './lower/emit.js'
import { opsOf } from './lower/ops.js'
import { OnnxOp } from './onnx-op.js'
import { sameSettings } from './same-settings.js'
import type { SettledGraph } from './settle-graph.js'

/** A module that is being written. */
interface Frame {
  readonly path: string
  /** The path, with a number from its second call on. */
  readonly instance: string
  readonly module: AnyModule
}

/** A node of the file whose place another takes. */
interface Replaced {
  readonly path: string
  readonly origin: Origin
  readonly node: OnnxNode
}

/** What is written, and of which file it was. */
export interface EmitterOptions {
  readonly draft: Draft
  readonly opset: number
  readonly document: OnnxDocument | undefined
  /** Paths of the graph's modules. */
  readonly paths: Iterable<string>
  /** What fusing has made layers from, by path. */
  readonly provenance: ReadonlyMap<string, Provenance>
  /** Writes a graph inside a node. */
  readonly writeBody: (body: OnnxBody, module: AnyModule, path: string) => SettledGraph
}

const joinPath = (prefix: string, name: string): string => (prefix === '' ? name : `${prefix}.${name}`)

const attributesOf = (given: NewAttributes): AttributeProto[] =>
  Object.entries(given).map(([name, value]) => attributeProto(name, value))

/** What a node computes of integers need not be computed by another. */
const quantizedNames = ({ islands, tensors }: OnnxDocument): string[] =>
  [...islands.keys()].filter((name) => tensors.get(name)?.quantized !== undefined)

/**
 * Tensors that stand in the file under a name: initializers, of a graph inside a node what it takes from outside, and
 * quantized weights.
 */
const namedTensors = (document: OnnxDocument | undefined): Map<Tensor, string> => {
  const names = [
    ...(document ? quantizedNames(document) : []),
    ...(document?.captured ?? []),
    ...(document?.initializers.keys() ?? []),
  ]
  return new Map(
    names.flatMap((name): [Tensor, string][] => {
      const tensor = document?.tensors.get(name)
      return tensor === undefined ? [] : [[tensor, name]]
    }),
  )
}

const outputsOf = (result: DraftValue | Outputs<DraftValue>): readonly DraftValue[] =>
  'outputs' in result ? result.outputs : [result]

/**
 * Writes layers as nodes: a module that a node of the file was made from becomes that node again, any other is
 * lowered through its own forward.
 */
export class Emitter implements Emit {
  readonly opset: number
  readonly draft: Draft
  readonly document: OnnxDocument | undefined
  readonly writeBody: EmitterOptions['writeBody']
  readonly #ops: Ops<DraftValue>
  /** Nodes of the file that have been written, or whose place a new node has taken. */
  readonly #taken = new Set<NodeProto>()
  readonly #frames: Frame[] = []
  readonly #called = new Set<string>()
  readonly #laterCall: (path: string) => string
  readonly #nodeName: (wanted: string) => string
  readonly #fileTensors: ReadonlyMap<Tensor, string>
  readonly #dequantizedValues = new Map<Tensor, DraftValue>()
  readonly #provenance: ReadonlyMap<string, Provenance>
  #order = -1

  constructor({ draft, opset, document, paths, provenance, writeBody }: EmitterOptions) {
    this.#provenance = provenance
    this.draft = draft
    this.opset = opset
    this.document = document
    this.writeBody = writeBody
    this.#ops = opsOf(this)
    this.#laterCall = uniqueNames(paths)
    this.#nodeName = uniqueNames(document?.nodes.map(({ node }) => node.name))
    this.#fileTensors = namedTensors(document)
  }

  get path(): string {
    return this.#frames.at(-1)?.path ?? ''
  }

  call(name: string, module: AnyModule, inputs: readonly DraftValue[]): readonly DraftValue[] {
    return this.run(joinPath(this.path, name), module, inputs)
  }

  /**
   * Writes one call of a module.
   *
   * @throws NnfuseError `CANNOT_EXPRESS`
   */
  run(path: string, module: AnyModule, inputs: readonly DraftValue[]): readonly DraftValue[] {
    const constant = this.document?.constants.get(module)
    if (constant !== undefined) return [this.fileValue(constant)]
    const origin = this.document?.origins.get(module)
    const isAsRead = origin?.slots.length === inputs.length // a concatenation may have got more
    if (origin && isAsRead && !(OnnxOp.is(module) && holdsExternal(module.attrs.inner?.bodies ?? [])))
      return emitOrigin(this, origin, path, inputs)
    if (OnnxOp.is(module)) return emitOpaque(this, module, path, inputs)
    return this.#lower(path, module, inputs)
  }

  #lower(path: string, module: AnyModule, inputs: readonly DraftValue[]): readonly DraftValue[] {
    const { forward } = module.definition
    if (forward === undefined) throw cannotExpress(path, `${module.kind} does not say what it computes`)
    const instance = this.#called.has(path) ? this.#laterCall(path) : path
    this.#called.add(path)
    const before = this.draft.nodes.length
    this.#frames.push({ path, instance, module })
    const results = outputsOf(forward(this.#ops, module, ...inputs)).map((value) => this.#own(value, before))
    this.#frames.pop()
    return results
  }

  /** A layer that gives back what it got is a node all the same, so that it is a layer again when it is read. */
  #own(value: DraftValue, before: number): DraftValue {
    const written = value.from === 'tensor' || value.from === 'file'
    const made = this.draft.nodes.slice(before).some(({ outputs }) => outputs.includes(value))
    return written || made ? value : this.node('Identity', [value], value.type)
  }

  /** A constant of the file under its name. */
  fileValue(name: string): DraftValue {
    return namedValue(name, this.document?.tensors.get(name) ?? unknownType, 'file')
  }

  /** What is known of a value of the file. */
  typeOf(name: string): ValueType {
    return this.document?.types.get(name) ?? unknownType
  }

  replaces(opType: string): boolean {
    return this.#replaced(opType) !== undefined
  }

  /** Notes that a node of the file is written; false where it has been before. */
  take(node: NodeProto): boolean {
    if (this.#taken.has(node)) return false
    this.#taken.add(node)
    return true
  }

  /** Adds a node to the draft, with a new name unless it keeps one, and behind the last unless it has a place. */
  write(
    node: Omit<DraftNode, 'name' | 'order'> & Partial<{ [K in 'name' | 'order']: DraftNode[K] | undefined }>,
  ): void {
    this.#order = node.order ?? this.#order
    const instance = this.#frames.at(-1)?.instance ?? node.path
    const name = node.name ?? this.#nodeName(`/${instance}/${node.opType}`)
    this.draft.nodes.push({ ...node, name, order: this.#order })
  }

  node(
    opType: string,
    inputs: readonly (DraftValue | undefined)[],
    type: ValueType,
    attributes: NewAttributes = {},
  ): DraftValue {
    return this.nodeOf(opType, inputs, [type], attributes)[0] as DraftValue
  }

  nodeOf(
    opType: string,
    inputs: readonly (DraftValue | undefined)[],
    types: readonly ValueType[],
    attributes: NewAttributes = {},
  ): readonly DraftValue[] {
    if (this.opset < oldestOpset)
      throw cannotExpress(this.path, `new nodes need opset ${oldestOpset} or newer`)
    const replaced = this.#replaced(opType)
    const known = replaced && this.take(replaced.node.node) ? replaced : undefined
    const instance = this.#frames.at(-1)?.instance
    const outputs = types.map((type, i) => resultValue(type, `/${instance}/${opType}_output_${i}`))
    this.write({
      opType,
      name: known?.node.node.name || undefined,
      path: this.path,
      attributes: attributesOf(attributes),
      inputs,
      outputs,
      mentions: [],
      original: undefined,
      template: known && this.#isSame(known.origin) ? known.node.node : undefined,
      provenance: this.#provenance.get(this.#frames[0]?.path ?? ''),
      order: replaced?.node.order,
    })
    return outputs
  }

  #isSame(origin: Origin): boolean {
    const module = this.#frames.at(-1)?.module
    return origin.direct && module !== undefined && sameSettings(origin.module, module)
  }

  /** The node of the file at this path, or at that of a container around it, if it was of the same operator. */
  #replaced(opType: string): Replaced | undefined {
    for (let i = this.#frames.length - 1; i >= 0; i -= 1) {
      const path = (this.#frames[i] as Frame).path
      const origin = this.document?.paths.get(path)
      const node = [origin?.node, origin?.sum?.node].find((one) => one?.node.opType === opType)
      if (origin && node) return { path, origin, node }
    }
    return undefined
  }

  tensor(tensor: Tensor, name: string, opType: string): DraftValue {
    return this.#tensorValue(tensor, `${this.#replaced(opType)?.path ?? this.path}.${name}`)
  }

  constant(tensor: Tensor): DraftValue {
    return this.#tensorValue(tensor, this.path)
  }

  /** The node that makes floats of a tensor's integers. */
  #dequantized(tensor: Tensor, { values, scale, zeroPoint, axis }: Quantized, fallback: string): DraftValue {
    const known = this.#dequantizedValues.get(tensor)
    if (known) return known
    const operands = [
      this.#tensorValue(values, `${fallback}_quantized`),
      this.#tensorValue(scale, `${fallback}_scale`),
      ...(zeroPoint ? [this.#tensorValue(zeroPoint, `${fallback}_zero_point`)] : []),
    ]
    const value = this.node('DequantizeLinear', operands, tensor, axis === undefined ? {} : { axis })
    this.#dequantizedValues.set(tensor, value)
    return value
  }

  #tensorValue(tensor: Tensor, fallback: string): DraftValue {
    const inFile = this.#fileTensors.get(tensor)
    if (inFile !== undefined) return this.fileValue(inFile)
    const quantized = quantizedOf(tensor)
    if (quantized) return this.#dequantized(tensor, quantized, fallback)
    const known = this.draft.tensors.get(tensor)
    if (known) return known
    const value = tensorValue(tensor, fallback)
    this.draft.tensors.set(tensor, value)
    return value
  }
}
