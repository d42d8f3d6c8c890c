import { join, parse } from 'node:path'
import type { Sizes } from '../check/open-sizes.js'
import { badInputs, noInputFile } from '../errors.js'
import type { Feed, Feeds, ValueInfo } from '../runtime/loaded-model.js'
import { readInputFile } from './input-file.js'
import { checkFits, sizesOf } from './input-fit.js'
import type { InputFolder, InputPlace } from './input-folder.js'

/** Real inputs, a feed for every input of the model in each batch. */
export interface InputBatches {
  /** The folder that they come from. */
  readonly folder: string
  readonly batches: readonly Feeds[]
  /** The model's inputs; those whose shape it does not state have that of the first batch. */
  readonly inputs: readonly ValueInfo[]
  /** What the first batch settles of the sizes that the model leaves open. */
  readonly sizes: Sizes
}

interface OwnedFile {
  readonly input: ValueInfo
  readonly path: string
  readonly feed: Feed
}

type Inputs = readonly ValueInfo[]

/** An input whose shape the model does not state takes any: that of the tensor. */
const shapedLike = (input: ValueInfo, shapeless: ReadonlySet<string>, feed: Feed): ValueInfo =>
  shapeless.has(input.name) ? { ...input, shape: feed.shape } : input

/** Some characters cannot be in the name of a file, here or on another system. */
const fileName = (name: string): string => name.replace(/[\p{Cc}/\\:*?"<>|]/gu, '_')

/** The place in ONNX's own layout: 2 for `input_2`. */
const positionOf = (stem: string): number | undefined => {
  const [, digits] = /^input_(\d+)$/.exec(stem) ?? []
  return digits === undefined ? undefined : Number(digits)
}

/**
 * A file is for the input that it is called after. One that is numbered is for the input that its tensor is called
 * after, else for the input at that place: not every exporter writes names that the model knows.
 */
const ownFile = async (inputs: Inputs, folder: string, file: string): Promise<OwnedFile | undefined> => {
  const [path, { name: stem }] = [join(folder, file), parse(file)]
  const position = positionOf(stem)
  const called = inputs.find(({ name }) => fileName(name) === fileName(stem))
  if (position === undefined && called === undefined) return undefined
  const { name: said, feed } = await readInputFile(path)
  if (position === undefined) return called && { input: called, path, feed }
  const input = inputs.find(({ name }) => name === said) ?? called ?? inputs[position]
  return input && { input, path, feed }
}

const ownFiles = async (
  inputs: Inputs,
  shapeless: ReadonlySet<string>,
  { path, files }: InputPlace,
): Promise<OwnedFile[]> => {
  const owned: OwnedFile[] = []
  for (const file of files) {
    const found = await ownFile(inputs, path, file)
    if (found === undefined) continue
    const other = owned.find(({ input }) => input === found.input)
    if (other) throw badInputs(found.path, `"${other.path}" is for the input "${found.input.name}" too`)
    checkFits(found.path, shapedLike(found.input, shapeless, found.feed), found.feed)
    owned.push(found)
  }
  return owned
}

const missing = (inputs: Inputs, input: ValueInfo, folder: string): Error => {
  const [name, number] = [fileName(input.name), inputs.indexOf(input)]
  return noInputFile(folder, input.name, [
    `${name}.npy`,
    `${name}.pb`,
    `input_${number}.npy`,
    `input_${number}.pb`,
  ])
}

const batchOf = (inputs: Inputs, folder: string, owned: readonly OwnedFile[]): Feeds =>
  new Map(
    inputs.map((input) => {
      const file = owned.find((candidate) => candidate.input === input)
      if (file === undefined) throw missing(inputs, input, folder)
      return [input.name, file.feed]
    }),
  )

/**
 * Reads the inputs in a folder: each folder with a file for an input of the model is one batch.
 *
 * @param shapeless inputs whose shape the model does not state
 * @throws NnfuseError `NO_INPUT_FILE` where an input has none, `BAD_INPUTS` for what does not fit the model or cannot
 * be read, `BAD_NPY`, `CANNOT_READ_INPUTS`.
 */
export const readInputBatches = async (
  inputs: Inputs,
  { path: folder, places }: InputFolder,
  shapeless: ReadonlySet<string> = new Set(),
): Promise<InputBatches> => {
  const [first] = inputs
  if (first === undefined) throw badInputs(folder, 'the model has no inputs', 'Leave out --inputs.')
  const read: { readonly feeds: Feeds; readonly sizes: Sizes }[] = []
  for (const place of places) {
    const owned = await ownFiles(inputs, shapeless, place)
    if (owned.length === 0) continue
    const feeds = batchOf(inputs, place.path, owned)
    read.push({ feeds, sizes: sizesOf(inputs, feeds, place.path) })
  }
  const [settled] = read
  if (settled === undefined) throw missing(inputs, first, folder)
  return {
    folder,
    batches: read.map(({ feeds }) => feeds),
    inputs: inputs.map((input) => shapedLike(input, shapeless, settled.feeds.get(input.name) as Feed)),
    sizes: settled.sizes,
  }
}
