import { axisIn, encode, type Tensor, tensorOf } from '@nnfuse/ir'
import { attributeProto, readAttributes } from './attributes.js'
import { peekIntegers, peekScalar } from './constants/peek.js'
import { isStandard, type OnnxDocument } from './document.js'
import { type Draft, type DraftNode, type DraftValue, resultValue, tensorValue } from './draft.js'

/*
 * Exporters of `split` and `chunk` make a sequence of parts and take each out of it. Where the sizes of the parts are
 * known, and every use takes one part at a known place, a Split gives the same bits:
 *
 *   SplitToSequence(x, [2, 3]), SequenceAt(_, 0), SequenceAt(_, 1)       Split(x, [2, 3])
 */

/** Since when Split takes the sizes of its parts as an input. */
const sizesSince = 13

/** Each part is a result of the node. */
const mostParts = 1000

interface Rewriting {
  readonly draft: Draft
  readonly document: OnnxDocument
  /** The nodes that use a value; undefined for the graph itself, and graphs inside nodes. */
  readonly users: ReadonlyMap<DraftValue, readonly (DraftNode | undefined)[]>
  /** New lists of sizes, by what they say. */
  readonly lists: Map<string, Tensor>
}

const usersOf = ({ nodes, outputs, captures }: Draft): Map<DraftValue, (DraftNode | undefined)[]> => {
  const users = new Map<DraftValue, (DraftNode | undefined)[]>()
  const note = (value: DraftValue | undefined, user: DraftNode | undefined): void => {
    const known = value && users.get(value)
    if (known) known.push(user)
    else if (value) users.set(value, [user])
  }
  for (const node of nodes) for (const input of node.inputs) note(input, node)
  for (const value of [...outputs, ...captures.map((capture) => capture.value)]) note(value, undefined)
  return users
}

const isOf = ({ document }: Rewriting, { opType, template }: DraftNode, wanted: string): boolean =>
  opType === wanted && template !== undefined && isStandard(template, document)

const constantOf = ({ document }: Rewriting, value: DraftValue | undefined): Tensor | undefined =>
  value?.from === 'file' ? document.tensors.get(value.name as string) : value?.tensor

/** A size for all parts but the last, which is what is left; undefined where nobody knows how much there is. */
const equalParts = (size: number, { type: { shape } }: DraftValue, axis: number): number[] | undefined => {
  const whole = shape?.[axisIn(axis, shape.length) ?? -1]
  if (typeof whole !== 'number' || !(size > 0) || !(whole > 0) || whole / size > mostParts) return undefined
  return Array.from({ length: Math.ceil(whole / size) }, (_, i) => Math.min(size, whole - i * size))
}

const partsOf = (x: DraftValue, split: Tensor, axis: number): readonly number[] | undefined => {
  const sizes = peekIntegers(split)
  const parts = split.shape.length === 0 && sizes ? equalParts(sizes[0] as number, x, axis) : sizes
  return parts && parts.length > 0 && parts.length <= mostParts ? parts : undefined
}

/** The nodes that take the parts, by place; undefined where something else is done with the sequence. */
const takersOf = (
  state: Rewriting,
  sequence: DraftValue,
  count: number,
): ReadonlyMap<number, DraftNode> | undefined => {
  const takers = new Map<number, DraftNode>()
  for (const user of state.users.get(sequence) ?? []) {
    if (user === undefined || !isOf(state, user, 'SequenceAt') || user.inputs[0] !== sequence)
      return undefined
    const place = axisIn(peekScalar(constantOf(state, user.inputs[1])) ?? Number.NaN, count)
    if (place === undefined || takers.has(place) || user.outputs[0] === undefined) return undefined
    takers.set(place, user)
  }
  return takers.size === 0 ? undefined : takers
}

const listValue = (
  { draft, lists }: Rewriting,
  given: DraftValue,
  split: Tensor,
  parts: readonly number[],
): DraftValue => {
  if (split.dtype === 'int64' && split.shape.length === 1) return given
  const tensor = lists.get(String(parts)) ?? tensorOf('int64', [parts.length], encode(parts, 'int64'))
  lists.set(String(parts), tensor)
  const value = draft.tensors.get(tensor) ?? tensorValue(tensor, `${given.fallback}_sizes`)
  draft.tensors.set(tensor, value)
  return value
}

interface Replacement {
  readonly split: DraftNode
  readonly gone: readonly DraftNode[]
}

const replacementOf = (state: Rewriting, node: DraftNode): Replacement | undefined => {
  const [x, given] = node.inputs
  const [sequence] = node.outputs
  if (!isOf(state, node, 'SplitToSequence') || !x || !given || !sequence || !node.template) return undefined
  const attributes = readAttributes(node.template, { axis: 'int', keepdims: 'int' })
  const split = constantOf(state, given)
  if (typeof attributes === 'string' || split === undefined) return undefined
  const { axis = 0 } = attributes
  const parts = partsOf(x, split, axis)
  const takers = parts && takersOf(state, sequence, parts.length)
  if (parts === undefined || takers === undefined) return undefined
  const outputs = parts.map(
    (_, place) => takers.get(place)?.outputs[0] ?? resultValue(x.type, `${sequence.fallback}_${place}`),
  )
  return {
    split: {
      ...node,
      opType: 'Split',
      attributes: [attributeProto('axis', axis)],
      inputs: [x, listValue(state, given, split, parts)],
      outputs,
      original: undefined,
      template: undefined,
    },
    gone: [...takers.values()],
  }
}

/** Puts a Split in place of a sequence of parts, where a graph is to be simple. */
export const splitSequences = (draft: Draft, document: OnnxDocument | undefined, opset: number): void => {
  if (!draft.evaluated || document === undefined || opset < sizesSince) return
  const state: Rewriting = { draft, document, users: usersOf(draft), lists: new Map() }
  const replacements = new Map<DraftNode, DraftNode>()
  const gone = new Set<DraftNode>()
  for (const node of draft.nodes) {
    const replacement = replacementOf(state, node)
    if (replacement === undefined) continue
    replacements.set(node, replacement.split)
    for (const taker of replacement.gone) gone.add(taker)
  }
  draft.nodes = draft.nodes.filter((node) => !gone.has(node)).map((node) => replacements.get(node) ?? node)
}
