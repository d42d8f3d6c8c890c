import type { Tensor } from '@nnfuse/ir'
import type { TensorProto } from 'onnx-buf'
import type { OnnxDocument, OnnxInitializer, OnnxValueInfo } from './document.js'
import { domainName } from './domains.js'
import { at, atPlace, duplicateValue, malformed } from './errors.js'
import type { OpenExternal } from './external-data.js'
import type { GraphEntry } from './graph-entry.js'
import type { FileIndex } from './index-file.js'
import { isExternal, isUnread, readTensor, unreadTensor } from './read-tensor.js'
import { subgraphNames } from './subgraphs.js'
import { valueTypeOf } from './value-types.js'

type EntryOf<T extends GraphEntry['type']> = Extract<GraphEntry, { readonly type: T }>

const entriesOf = <T extends GraphEntry['type']>(index: FileIndex, type: T): EntryOf<T>[] =>
  index.entries.filter((entry): entry is EntryOf<T> => entry.type === type)

const valueInfos = (index: FileIndex, type: 'input' | 'output' | 'valueInfo'): OnnxValueInfo[] =>
  entriesOf(index, type).map(({ info, start, end }) => ({
    name: info.name,
    type: valueTypeOf(info.type),
    span: { start, end },
  }))

const namedOnes = (index: FileIndex, type: 'input' | 'output'): OnnxValueInfo[] => {
  const infos = valueInfos(index, type)
  const nameless = infos.find(({ name }) => name === '')
  if (nameless) throw malformed(index.source.name, nameless.span.start, `an ${type} of its graph has no name`)
  return infos
}

const sparseTensor = (values: TensorProto, dims: bigint[], place: string): Tensor => {
  try {
    return unreadTensor({ ...values, dims })
  } catch (error) {
    throw atPlace(error, place)
  }
}

/** Data of a sparse tensor is not looked at; its name is a constant all the same. */
const sparseInitializers = (index: FileIndex): OnnxInitializer[] =>
  entriesOf(index, 'sparse').flatMap(({ sparse, start, end }) => {
    if (sparse.values === undefined) return []
    const { name } = sparse.values
    const tensor = sparseTensor(sparse.values, sparse.dims, at(index.source.name, start))
    return [{ name, tensor, span: { start, end }, header: sparse.values, external: false }]
  })

const denseInitializers = async (
  index: FileIndex,
  openExternal: OpenExternal | undefined,
): Promise<OnnxInitializer[]> => {
  const initializers: OnnxInitializer[] = []
  for (const { tensor: indexed, start, end } of entriesOf(index, 'initializer')) {
    const { header } = indexed
    const tensor = await readTensor(indexed, { file: index.source, openExternal }).catch((error: unknown) => {
      throw header.name === '' ? atPlace(error, at(index.source.name, start)) : error
    })
    initializers.push({
      name: header.name,
      tensor,
      span: { start, end },
      header,
      external: isExternal(header) && !isUnread(tensor),
    })
  }
  return initializers
}

/** Nothing can refer to an initializer without a name: such a one is left where it is. */
const byName = (initializers: readonly OnnxInitializer[]): Map<string, OnnxInitializer> => {
  const result = new Map<string, OnnxInitializer>()
  for (const initializer of initializers) {
    if (result.has(initializer.name)) throw duplicateValue(initializer.name, 'an initializer')
    if (initializer.name !== '') result.set(initializer.name, initializer)
  }
  return result
}

const opsetsOf = ({ model }: FileIndex): Map<string, number> =>
  new Map(model.opsetImport.map(({ domain, version }) => [domainName(domain), Number(version)]))

/**
 * Everything of a file but its layers, which importing adds.
 *
 * @param foldOverridable initializers that are also inputs are constants
 * @throws NnfuseError `ONNX_BAD_TENSOR`, `ONNX_TENSOR_SIZE`, `ONNX_EXTERNAL_DATA`, `ONNX_DUPLICATE_VALUE`
 */
export const readDocument = async (
  index: FileIndex,
  openExternal: OpenExternal | undefined,
  foldOverridable = false,
): Promise<OnnxDocument> => {
  const initializers = byName([
    ...(await denseInitializers(index, openExternal)),
    ...sparseInitializers(index),
  ])
  const inputs = namedOnes(index, 'input')
  const irVersion = Number(index.model.irVersion)
  return {
    format: 'onnx',
    index,
    source: index.source,
    sources: new Set([index.source]),
    irVersion,
    opsets: opsetsOf(index),
    nodes: entriesOf(index, 'node').map(({ node, start, end }, order) => ({
      node,
      source: index.source,
      span: { start, end },
      order,
      ...subgraphNames(node),
    })),
    initializers,
    inputs,
    outputs: namedOnes(index, 'output'),
    valueInfo: valueInfos(index, 'valueInfo'),
    origins: new Map(),
    paths: new Map(),
    constants: new Map(),
    islands: new Map(),
    tensors: constantsOf(initializers, irVersion < 4 || foldOverridable ? [] : inputs),
    types: new Map(),
    outer: undefined,
    captured: new Set(),
    bodies: new Map(),
    expansions: new Map(),
    calls: [],
  }
}

/** Initializers that are also inputs are only defaults: whoever runs the model may pass another. */
const constantsOf = (
  initializers: ReadonlyMap<string, OnnxInitializer>,
  inputs: readonly OnnxValueInfo[],
): Map<string, Tensor> => {
  const overridable = new Set(inputs.map(({ name }) => name))
  const constants = [...initializers.values()].filter(({ name }) => !overridable.has(name))
  return new Map(constants.map(({ name, tensor }) => [name, tensor]))
}
