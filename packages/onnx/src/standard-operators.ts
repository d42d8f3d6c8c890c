import { type AttributeProto, AttributeProto_AttributeType as AttributeType, type NodeProto } from 'onnx-buf'
import { domainName } from './domains.js'
import { operatorTable } from './operator-versions.js'

/*
 * What ONNX says of its own operators. A node that says more than its operator knows is none of them: every reader would
 * have to decide what the rest means, and no two would agree.
 */

/** How many inputs or outputs there may be. */
interface Count {
  readonly least: number
  readonly most: number
}

/** What an operator takes and gives. */
interface Signature {
  readonly inputs: Count
  readonly outputs: Count
  /** Types as in `AttributeProto.type`, by name. */
  readonly attributes: ReadonlyMap<string, number>
  readonly required: readonly string[]
}

/** One operator from one opset on. */
interface Version {
  readonly since: number
  /** Undefined where it is no operator any more, and before opset 7. */
  readonly signature: Signature | undefined
}

const readCount = (text: string): Count => {
  const [least, most] = text.split('-')
  return { least: Number(least), most: most === '*' ? Number.POSITIVE_INFINITY : Number(most) }
}

/** `1-2 1-1 axis:2 to:2!`, or `gone` */
const readSignature = ([inputs = '', outputs, ...attributes]: readonly string[]): Signature | undefined => {
  if (outputs === undefined) return undefined
  const entries = attributes.map((text) => text.split(':') as [string, string])
  return {
    inputs: readCount(inputs),
    outputs: readCount(outputs),
    attributes: new Map(entries.map(([name, type]) => [name, Number.parseInt(type, 10)])),
    required: entries.flatMap(([name, type]) => (type.endsWith('!') ? [name] : [])),
  }
}

const readVersions = (text: string): readonly Version[] => {
  const versions: Version[] = []
  for (const version of text.split(' | ')) {
    const [since, ...said] = version.split(' ')
    const signature = said.length > 0 ? readSignature(said) : versions.at(-1)?.signature
    versions.push({ since: Number(since), signature })
  }
  return versions
}

/** The lines of the table, by operator. */
const readTable = (): ReadonlyMap<string, string> => {
  const lines = operatorTable.trim().split('\n')
  return new Map(lines.map((line) => /^(\S+) (.*)$/.exec(line)?.slice(1) as [string, string]))
}

let table: ReadonlyMap<string, string> | undefined

/** Those that were asked for: a file has few of all operators. */
const known = new Map<string, readonly Version[]>()

const versionsOf = (opType: string): readonly Version[] => {
  table ??= readTable()
  const text = table.get(opType)
  if (text === undefined) return []
  const versions = known.get(opType) ?? readVersions(text)
  known.set(opType, versions)
  return versions
}

/** An operator in the opsets in which it is what it is in this one; undefined where ONNX has none of that name. */
export const versionOf = (opType: string, opset: number): Version | undefined =>
  versionsOf(opType).findLast(({ since }) => since <= opset)

/** Whether ONNX has, or ever had, an operator of that name. */
export const isOperator = (opType: string): boolean =>
  versionOf(opType, Number.POSITIVE_INFINITY) !== undefined

/** Names behind the last one that is given are left out, however many there are. */
const countOf = (names: readonly string[]): number => names.findLastIndex((name) => name !== '') + 1

const wrongAttribute = (
  given: readonly AttributeProto[],
  { attributes, required }: Signature,
): string | undefined => {
  const names = new Set<string>()
  for (const { name, type, refAttrName } of given) {
    const known = attributes.get(name)
    if (known === undefined) return `its attribute "${name}" is not known`
    if (names.has(name)) return `its attribute "${name}" is given twice`
    if (type !== known || refAttrName !== '')
      return `its attribute "${name}" is not of type ${(AttributeType[known] ?? '').toLowerCase()}`
    names.add(name)
  }
  const missing = required.find((name) => !names.has(name))
  return missing === undefined ? undefined : `it has no attribute "${missing}"`
}

const wrongCount = (
  names: readonly string[],
  what: 'input' | 'output',
  { least, most }: Count,
): string | undefined => {
  if (names.length < least) return `it has ${names.length} ${what}s, and its operator at least ${least}`
  return countOf(names) > most ? `it has more ${what}s than its operator, which has ${most}` : undefined
}

const notOfOnnx = 'its operator is none of ONNX in that opset'

/**
 * Why a node is not one of ONNX's own operators as that is in an opset: it belongs to somebody else, or has attributes,
 * inputs or outputs that the operator has not. Undefined where it is one.
 */
export const whyNotStandard = (
  { domain, opType, input, output, attribute }: NodeProto,
  opset: number,
): string | undefined => {
  if (domainName(domain) !== '') return notOfOnnx
  const signature = versionOf(opType, opset)?.signature
  if (signature === undefined) return notOfOnnx
  return (
    wrongAttribute(attribute, signature) ??
    wrongCount(input, 'input', signature.inputs) ??
    wrongCount(output, 'output', signature.outputs)
  )
}
