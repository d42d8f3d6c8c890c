import { ModelProtoSchema } from 'onnx-buf'
import { fieldsIn, readTree, type WireField, writeTree } from '../wire-tree.js'
import type { Random } from './random.js'

/*
 * Ways to break a file. Those over fields know where a message ends and what is a name, so that what they make gets
 * deeper into the reader than bytes that were shaken.
 */

/** A list of fields, and the field in it that is to be broken. */
interface Place {
  readonly among: WireField[]
  readonly index: number
  readonly field: WireField
}

const placesIn = (among: WireField[]): Place[] =>
  among.flatMap((field, index) => [{ among, index, field }, ...placesIn(fieldsIn(field))])

type FieldMutation = (place: Place, random: Random, others: () => readonly Place[]) => void

const hostileNames = [
  '',
  '__proto__',
  'constructor',
  'toString',
  'x',
  'y',
  'c',
  '..',
  '/etc/passwd',
  'ü\u0000',
  'a.b',
]
const hostileNumbers = [
  -1n,
  0n,
  1n,
  2n,
  3n,
  127n,
  2n ** 31n,
  2n ** 32n + 1n,
  2n ** 40n,
  2n ** 53n,
  2n ** 63n - 1n,
]
const hostileLengths = [0n, 1n, 2n ** 31n, 2n ** 32n, 2n ** 32n + 5n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 69n]

const isText = ({ wire, value }: WireField): boolean => wire === 2 && value instanceof Uint8Array

const sizeOf = ({ value }: WireField): number => {
  if (typeof value === 'bigint') return 0
  return value instanceof Uint8Array ? value.length : writeTree(value).length
}

const anyOf = <T>(items: readonly T[], random: Random): T => random.pick(items as [T, ...T[]])

const fieldMutations: Readonly<Record<string, FieldMutation>> = {
  lieAboutLength: ({ field }, random) => {
    const size = BigInt(sizeOf(field))
    field.length = anyOf(
      [...hostileLengths, size + 1n, size - 1n, size + 100n].filter((n) => n >= 0n),
      random,
    )
  },
  changeWire: ({ field }, random) => {
    field.wire = random.below(8)
  },
  changeNumber: ({ field }, random) => {
    field.number = random.below(30)
  },
  repeat: ({ among, index, field }) => {
    among.splice(index, 0, copyOf(field))
  },
  remove: ({ among, index }) => {
    among.splice(index, 1)
  },
  swap: ({ among, index, field }, random) => {
    const other = random.below(among.length)
    among[index] = among[other] as WireField
    among[other] = field
  },
  graft: ({ among, index }, random, others) => {
    among.splice(index, random.below(2), copyOf(anyOf(others(), random).field))
  },
  rename: ({ field }, random, others) => {
    if (!isText(field)) return
    const names = others().filter((other) => isText(other.field) && sizeOf(other.field) < 20)
    field.value =
      random.below(2) === 0
        ? new TextEncoder().encode(anyOf(hostileNames, random))
        : ((names.length > 0 ? anyOf(names, random).field.value : field.value) as Uint8Array)
  },
  breakText: ({ field }, random) => {
    if (isText(field))
      field.value = Uint8Array.from(
        field.value as Uint8Array,
        (byte) => byte ^ (random.below(4) === 0 ? 0x80 : 0),
      )
  },
  lengthen: ({ field }, random) => {
    if (isText(field)) field.value = new Uint8Array(1 + random.below(5000)).fill(97)
  },
  renumber: ({ field }, random) => {
    if (typeof field.value === 'bigint') field.value = anyOf(hostileNumbers, random)
  },
  nest: ({ field }, random) => {
    if (Array.isArray(field.value)) field.value = nested(field, random.below(60)).value
  },
}

/** A field of its own: the same one in two places could come to lie in itself. */
const copyOf = (field: WireField): WireField =>
  Array.isArray(field.value) ? { ...field, value: field.value.map(copyOf) } : { ...field }

/** The field in itself, `depth` times. */
const nested = (field: WireField, depth: number): WireField => {
  let inner = copyOf(field)
  for (let i = 0; i < depth; i += 1) inner = { ...field, value: [...fieldsIn(field).slice(0, 1), inner] }
  return inner
}

type ByteMutation = (bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array

const without = (bytes: Uint8Array, from: number, to: number): Uint8Array =>
  Uint8Array.from([...bytes.subarray(0, from), ...bytes.subarray(to)])

const byteMutations: Readonly<Record<string, ByteMutation>> = {
  flip: (bytes, random) => {
    const result = bytes.slice()
    for (let left = 1 + random.below(4); left > 0; left -= 1) {
      const at = random.below(bytes.length)
      result[at] = (result[at] as number) ^ (1 << random.below(8))
    }
    return result
  },
  overwrite: (bytes, random) => {
    const result = bytes.slice()
    result[random.below(bytes.length)] = anyOf([0, 1, 0x7f, 0x80, 0xff], random)
    return result
  },
  truncate: (bytes, random) => bytes.slice(0, random.below(bytes.length)),
  cut: (bytes, random) => {
    const from = random.below(bytes.length)
    return without(bytes, from, from + 1 + random.below(8))
  },
  splice: (bytes, random, other) =>
    Uint8Array.from([
      ...bytes.subarray(0, random.below(bytes.length)),
      ...other.subarray(random.below(other.length)),
    ]),
}

const mutateFields = (bytes: Uint8Array, random: Random, other: Uint8Array): Uint8Array => {
  const tree = readTree(ModelProtoSchema, bytes)
  const others = (): Place[] => placesIn(readTree(ModelProtoSchema, random.below(2) === 0 ? bytes : other))
  for (let left = 1 + random.below(3); left > 0; left -= 1) {
    const places = placesIn(tree)
    if (places.length > 0) anyOf(Object.values(fieldMutations), random)(anyOf(places, random), random, others)
  }
  return writeTree(tree)
}

/** A file that is broken in one to three ways, or only otherwise than it was. */
export const mutate = (models: readonly Uint8Array[], random: Random): Uint8Array => {
  const [model, other] = [anyOf(models, random), anyOf(models, random)]
  const bytes = random.below(4) === 0 ? model : mutateFields(model, random, other)
  const shaken = bytes === model || random.below(8) === 0
  return shaken && bytes.length > 0
    ? anyOf(Object.values(byteMutations), random)(bytes, random, other)
    : bytes
}
