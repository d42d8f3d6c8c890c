import { type AnyModule, type Hooks, readBytes, type Tensor, walk } from '@nnfuse/ir'

/** What a tree consists of, line by line: `conv.attrs.weight` to what is there. Tensors are read. */
export type Fingerprint = ReadonlyMap<string, string>

/** FNV-1a, twice from different starts: weights may be large, and only their equality matters. */
const hash = (bytes: Uint8Array): string => {
  let [a, b] = [0x811c9dc5, 0x9e3779b9]
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 0x01000193)
    b = Math.imul(b ^ byte, 0x01000197)
  }
  return `${(a >>> 0).toString(16)}${(b >>> 0).toString(16)}`
}

const isTensor = (value: object): value is Tensor =>
  'dtype' in value && 'shape' in value && 'storage' in value

const entriesOf = (value: object): [string, unknown][] =>
  value instanceof Map ? [...value].map(([key, entry]) => [String(key), entry]) : Object.entries(value)

const addValue = async (lines: Map<string, string>, name: string, value: unknown): Promise<void> => {
  if (typeof value !== 'object' || value === null) lines.set(name, String(value))
  else if (isTensor(value)) {
    lines.set(name, `${value.dtype}[${value.shape.join(', ')}] ${hash(await readBytes(value))}`)
  } else {
    lines.set(
      name,
      entriesOf(value)
        .map(([key]) => key)
        .join(', '),
    )
    for (const [key, entry] of entriesOf(value)) await addValue(lines, `${name}.${key}`, entry)
  }
}

const hookCounts = ({ forwardPre, forward }: Hooks): string =>
  `${forwardPre.length} before, ${forward.length} after`

const addModule = async (lines: Map<string, string>, path: string, module: AnyModule): Promise<void> => {
  const { kind, training, hooks, children, attrs } = module
  const name = path === '' ? 'the model' : path
  lines.set(name, `${kind}${training ? ', training' : ''}, hooks ${hookCounts(hooks)}`)
  lines.set(`${name}.children`, [...children.keys()].join(', '))
  await addValue(lines, `${name}.attrs`, attrs)
}

/** Everything a module tree says and holds, to be compared with what it says and holds at another time. */
export const fingerprint = async (model: AnyModule): Promise<Fingerprint> => {
  const lines = new Map<string, string>()
  for (const { path, module } of walk(model)) await addModule(lines, path, module)
  return lines
}

/** The first place where two fingerprints differ, in words; undefined where there is none. */
export const firstChange = (before: Fingerprint, after: Fingerprint): string | undefined => {
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const [old, fresh] = [before.get(name) ?? 'absent', after.get(name) ?? 'absent']
    if (old !== fresh) return `${name} was ${old} and is ${fresh}`
  }
  return undefined
}
