import type { Tensor } from '@nnfuse/ir'
import type { OnnxDocument, OnnxInitializer, OnnxValueInfo } from './document.js'
import { domainName } from './domains.js'
import { duplicateValue, malformed } from './errors.js'
import type { OpenExternal } from './external-data.js'
import type { GraphEntry } from './graph-entry.js'
import type { FileIndex } from './index-file.js'
import { isExternal, readTensor, unreadTensor } from './read-tensor.js'
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

/** Data of a sparse tensor is not looked at; its name is a constant all the same. */
const sparseInitializers = (index: FileIndex): OnnxInitializer[] =>
  entriesOf(index, 'sparse').flatMap(({ sparse, start, end }) => {
    if (sparse.values === undefined) return []
    const { name } = sparse.values
    const tensor = unreadTensor(sparse.values, sparse.dims)
    return [{ name, tensor, span: { start, end }, header: sparse.values, external: false }]
  })

const denseInitializers = async (
  index: FileIndex,
  openExternal: OpenExternal | undefined,
): Promise<OnnxInitializer[]> => {
  const initializers: OnnxInitializer[] = []
  for (const { tensor: indexed, start, end } of entriesOf(index, 'initializer')) {
    const { header } = indexed
    const tensor = await readTensor(indexed, { file: index.source, openExternal })
    initializers.push({
      name: header.name,
      tensor,
      span: { start, end },
      header,
      external: isExternal(header),
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
 * @throws NnfuseError `ONNX_BAD_TENSOR`, `ONNX_TENSOR_SIZE`, `ONNX_EXTERNAL_DATA`, `ONNX_DUPLICATE_VALUE`
 */
export const readDocument = async (
  index: FileIndex,
  openExternal: OpenExternal | undefined,
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
    irVersion,
    opsets: opsetsOf(index),
    nodes: entriesOf(index, 'node').map(({ node, start, end }, order) => ({
      node,
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
    tensors: constantsOf(initializers, inputs, irVersion),
    types: new Map(),
  }
}

/** From IR version 4 on, an initializer that is also an input is only its default: whoever runs the model may pass another. */
const constantsOf = (
  initializers: ReadonlyMap<string, OnnxInitializer>,
  inputs: readonly OnnxValueInfo[],
  irVersion: number,
): Map<string, Tensor> => {
  const overridable = new Set(irVersion >= 4 ? inputs.map(({ name }) => name) : [])
  const constants = [...initializers.values()].filter(({ name }) => !overridable.has(name))
  return new Map(constants.map(({ name, tensor }) => [name, tensor]))
}
