import { type DType, decode, readBytes, type Tensor } from '@nnfuse/ir'

/** The shortest text that rounds to the number again; float32 values have long tails as doubles. */
const shortest = (value: number, dtype: DType): string => {
  if (dtype === 'float64' || !Number.isFinite(value)) return String(value)
  for (let digits = 1; digits <= 9; digits += 1) {
    const text = value.toPrecision(digits)
    if (Math.fround(Number(text)) === value) return String(Number(text))
  }
  return String(value)
}

const codeOfTensor = async (tensor: Tensor): Promise<string> => {
  const { dtype, shape } = tensor
  const values = Array.from(decode(await readBytes(tensor), dtype), Number)
  const numbers = values.map((value) => shortest(value, dtype)).join(', ')
  return `floatTensor([${numbers}], [${shape.join(', ')}]${dtype === 'float32' ? '' : `, '${dtype}'`})`
}

const isTensor = (value: object): value is Tensor =>
  'dtype' in value && 'shape' in value && 'storage' in value

const isName = (key: string): boolean => /^[A-Za-z_$][\w$]*$/.test(key)

/** A property name as it is written in an object literal. */
export const codeOfKey = (key: string): string => (isName(key) ? key : codeOfString(key))

export const codeOfString = (text: string): string =>
  `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`

const codeOfMap = async (map: ReadonlyMap<unknown, unknown>): Promise<string> => {
  const entries: string[] = []
  for (const [key, value] of map) entries.push(`[${await codeOfValue(key)}, ${await codeOfValue(value)}]`)
  return `new Map([${entries.join(', ')}])`
}

const codeOfRecord = async (record: object): Promise<string> => {
  const entries: string[] = []
  for (const [key, value] of Object.entries(record))
    entries.push(`${codeOfKey(key)}: ${await codeOfValue(value)}`)
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`
}

/** TypeScript that makes a value: numbers, strings, arrays, maps, records, tensors. */
export const codeOfValue = async (value: unknown): Promise<string> => {
  if (typeof value === 'string') return codeOfString(value)
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value)) return `[${(await Promise.all(value.map(codeOfValue))).join(', ')}]`
  if (value instanceof Map) return codeOfMap(value)
  return isTensor(value) ? codeOfTensor(value) : codeOfRecord(value)
}
