import { create } from '@bufbuild/protobuf'
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  type NodeProto,
} from 'onnx-buf'

/** The attributes that a reader of a node knows, with their types. */
export type AttributeSpec = Readonly<Record<string, 'int' | 'ints' | 'float' | 'string'>>

interface AttributeValues {
  readonly int: number
  readonly ints: readonly number[]
  readonly float: number
  readonly string: string
}

/** The values of a node's attributes; undefined where it leaves them to their defaults. */
export type Attributes<S extends AttributeSpec> = {
  readonly [K in keyof S]: AttributeValues[S[K]] | undefined
}

const types: { readonly [T in AttributeSpec[string]]: AttributeType } = {
  int: AttributeType.INT,
  ints: AttributeType.INTS,
  float: AttributeType.FLOAT,
  string: AttributeType.STRING,
}

const readers: { readonly [T in AttributeSpec[string]]: (attribute: AttributeProto) => AttributeValues[T] } =
  {
    int: ({ i }) => Number(i),
    ints: ({ ints }) => ints.map(Number),
    float: ({ f }) => f,
    string: ({ s }) => new TextDecoder().decode(s),
  }

const isSafe = (value: unknown): boolean =>
  [value]
    .flat()
    .every((entry) => typeof entry !== 'number' || !Number.isInteger(entry) || Number.isSafeInteger(entry))

/**
 * The attributes of a node, or the reason why they cannot be trusted: one that is not in `spec` may change what
 * the node computes.
 */
export const readAttributes = <const S extends AttributeSpec>(
  node: NodeProto,
  spec: S,
): Attributes<S> | string => {
  const known = new Map(Object.entries(spec))
  const values = new Map<string, unknown>()
  for (const attribute of node.attribute) {
    const type = known.get(attribute.name)
    if (type === undefined) return `its attribute "${attribute.name}" is not known`
    if (values.has(attribute.name)) return `its attribute "${attribute.name}" is given twice`
    if (attribute.type !== types[type] || attribute.refAttrName !== '') {
      return `its attribute "${attribute.name}" is not of type ${type}`
    }
    const value = readers[type](attribute)
    if (type !== 'float' && !isSafe(value)) return `its attribute "${attribute.name}" is too large`
    values.set(attribute.name, value)
  }
  return Object.fromEntries(Object.keys(spec).map((name) => [name, values.get(name)])) as Attributes<S>
}

/**
 * The shortest decimal with the same float32 value: 9.999999747378752e-06 in a file was 1e-5 in the program that
 * wrote it.
 */
export const shortestFloat = (value: number): number => {
  for (let digits = 1; digits <= 9; digits += 1) {
    const candidate = Number(value.toPrecision(digits))
    if (Math.fround(candidate) === value) return candidate
  }
  return value
}

/** One attribute as its message; numbers are ints unless given as `{ float }`. */
export const attributeProto = (
  name: string,
  value: number | readonly number[] | string | { readonly float: number },
): AttributeProto => {
  if (typeof value === 'string') {
    return create(AttributeProtoSchema, {
      name,
      type: AttributeType.STRING,
      s: new TextEncoder().encode(value),
    })
  }
  if (typeof value === 'number')
    return create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) })
  if ('float' in value)
    return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value.float })
  return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: value.map(BigInt) })
}
