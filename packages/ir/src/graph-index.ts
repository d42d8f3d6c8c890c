import type { Call, Graph, ValueId } from './graph.js'

/*
 * Graphs have a million calls, so the index is a few arrays of numbers and two maps, and what is asked most is asked by
 * position: looking a name up in a large map costs more than everything else that matching does at a call.
 */

/** Who makes and who uses each value of a graph. Positions are indices into `graph.calls`. */
export interface GraphIndex {
  /** Position of the call that makes a value; undefined for graph inputs. */
  producerOf(value: ValueId): number | undefined
  /** The same of an input of a call. */
  producerAt(position: number, input: number): number | undefined
  /** Positions of the calls that use a value, in order, one entry for each use (`y + y` uses y twice). */
  usersOf(value: ValueId): readonly number[]
  /** The same of an output of a call. */
  usersAt(position: number, output: number): readonly number[]
  isOutput(value: ValueId): boolean
  /** Positions of the calls of a target, in order. */
  callsOf(target: string): readonly number[]
  /** The first of them. */
  firstCallOf(target: string): number | undefined
  /** The same of the target of a call. */
  callsLike(position: number): readonly number[]
  /** The first of these. */
  firstLike(position: number): number
  /** Whether anything makes a value. */
  isKnown(value: ValueId): boolean
  /** Whether an input of a call is made before the call. */
  isKnownAt(position: number, input: number): boolean
  /** Some value is made more than once: the graph is none. */
  readonly hasDuplicates: boolean
}

/** No entry, or no producer. */
const none = -1

/** Many short lists of numbers in two arrays: `next` goes on from an entry to the next of its list. */
interface Lists {
  readonly first: Int32Array
  readonly next: Int32Array
}

const emptyLists = (lists: number, entries: number): Lists => ({
  first: new Int32Array(lists).fill(none),
  next: new Int32Array(entries).fill(none),
})

/** To be called from the last entry to the first, so that lists come out in order. */
const addFront = ({ first, next }: Lists, list: number, entry: number): void => {
  next[entry] = first[list] as number
  first[list] = entry
}

const noEntries: readonly number[] = []

/** Most lists have one entry, so that is what memory is asked for first. */
const entriesOf = (
  { first, next }: Lists,
  list: number,
  give: (entry: number) => number,
): readonly number[] => {
  let entry = first[list] ?? none
  if (entry === none) return noEntries
  const entries = [give(entry)]
  for (entry = next[entry] as number; entry !== none; entry = next[entry] as number) entries.push(give(entry))
  return entries
}

/** Where the inputs, or the outputs, of each call begin when all are counted through; one more for the end. */
const startsOf = (calls: readonly Call[], side: 'inputs' | 'outputs'): Int32Array => {
  const starts = new Int32Array(calls.length + 1)
  let position = 0
  let start = 0
  for (const call of calls) {
    start += call[side].length
    position += 1
    starts[position] = start
  }
  return starts
}

/** Values by number: what calls make first, in their order, then the inputs of the graph. */
const numberValues = ({ calls, inputs }: Graph): Map<ValueId, number> => {
  const numbers = new Map<ValueId, number>()
  let number = 0
  for (const { outputs } of calls) for (const output of outputs) numbers.set(output, number++)
  for (const input of inputs) numbers.set(input, number++)
  return numbers
}

const ownersOf = (starts: Int32Array): Int32Array => {
  const owners = new Int32Array(starts.at(-1) as number)
  for (let position = 0; position + 1 < starts.length; position += 1)
    owners.fill(position, starts[position], starts[position + 1])
  return owners
}

/** The lists of calls with the same target, and the first call of each target. */
interface ByTarget {
  readonly lists: Lists
  readonly listOf: Int32Array
  readonly byTarget: ReadonlyMap<string, number>
}

const groupByTarget = (calls: readonly Call[]): ByTarget => {
  const byTarget = new Map<string, number>()
  const listOf = new Int32Array(calls.length)
  let position = 0
  for (const { target } of calls) {
    const list = byTarget.get(target)
    if (list === undefined) byTarget.set(target, position)
    listOf[position] = list ?? position
    position += 1
  }
  const lists = emptyLists(calls.length, calls.length)
  for (let entry = calls.length - 1; entry >= 0; entry -= 1) addFront(lists, listOf[entry] as number, entry)
  return { lists, listOf, byTarget }
}

const makeIndex = (graph: Graph): GraphIndex => {
  const { calls } = graph
  const numbers = numberValues(graph)
  const [inputStarts, outputStarts] = [startsOf(calls, 'inputs'), startsOf(calls, 'outputs')]
  const [userOf, makerOf] = [ownersOf(inputStarts), ownersOf(outputStarts)]
  const values = new Int32Array(userOf.length)
  const uses = emptyLists(numbers.size, userOf.length)
  for (let position = calls.length - 1; position >= 0; position -= 1) {
    const { inputs } = calls[position] as Call
    for (let i = inputs.length - 1; i >= 0; i -= 1) {
      const use = (inputStarts[position] as number) + i
      const value = numbers.get(inputs[i] as ValueId) ?? none
      values[use] = value
      if (value !== none) addFront(uses, value, use)
    }
  }
  const isOutput = new Set(graph.outputs)
  // Not everybody asks, and it is a third of the work.
  let grouped: ByTarget | undefined
  const groups = (): ByTarget => {
    grouped ??= groupByTarget(calls)
    return grouped
  }
  const userAt = (use: number): number => userOf[use] as number
  const itself = (position: number): number => position
  const usersOf = (value: number): readonly number[] => entriesOf(uses, value, userAt)
  return {
    producerOf: (value) => makerOf[numbers.get(value) ?? none],
    producerAt: (position, input) => makerOf[values[(inputStarts[position] as number) + input] ?? none],
    usersOf: (value) => usersOf(numbers.get(value) ?? none),
    usersAt: (position, output) => usersOf((outputStarts[position] as number) + output),
    isOutput: (value) => isOutput.has(value),
    callsOf: (target) => entriesOf(groups().lists, groups().byTarget.get(target) ?? none, itself),
    firstCallOf: (target) => groups().byTarget.get(target),
    callsLike: (position) => entriesOf(groups().lists, groups().listOf[position] ?? none, itself),
    firstLike: (position) => groups().listOf[position] ?? none,
    isKnown: (value) => numbers.has(value),
    isKnownAt: (position, input) => {
      const value = values[(inputStarts[position] as number) + input] as number
      return value !== none && (value >= makerOf.length || (makerOf[value] as number) < position)
    },
    hasDuplicates: numbers.size < makerOf.length + graph.inputs.length,
  }
}

const known = new WeakMap<Graph, GraphIndex>()

/** The index of a graph, made once. Linear in the size of the graph. */
export const indexGraph = (graph: Graph): GraphIndex => {
  const index = known.get(graph) ?? makeIndex(graph)
  known.set(graph, index)
  return index
}
