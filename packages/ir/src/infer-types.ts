import type { ValueId } from './graph.js'
import { isSizeProduct } from './infer/size-products.js'
import { mostPrecise } from './infer/sizes.js'
import { typeOps } from './infer/type-ops.js'
import type { GraphModuleOf } from './kinds/containers.js'
import type { AnyModule } from './module.js'
import { type Dim, unknownType, type ValueType } from './value-type.js'

/** The types of one module's outputs from those of its inputs. */
export const inferModule = (module: AnyModule, inputs: readonly ValueType[]): readonly ValueType[] =>
  typeOps.call('', module, inputs)

/** The type of every value of a graph: what the graph states, else what can be inferred, else unknown. */
export const inferTypes = (graph: GraphModuleOf): ReadonlyMap<ValueId, ValueType> => {
  const { inputs, calls, types: stated } = graph.attrs
  const types = new Map<ValueId, ValueType>(inputs.map((input) => [input, stated.get(input) ?? unknownType]))
  for (const { target, inputs, outputs } of calls) {
    const given = inputs.map((input) => types.get(input) ?? unknownType)
    const results = inferModule(graph.children.get(target) as AnyModule, given)
    for (const [i, output] of outputs.entries()) {
      types.set(output, refineType(stated.get(output) ?? unknownType, results[i] ?? unknownType))
    }
  }
  return types
}

/** The more precise of what is stated and what is inferred; where the two contradict each other, what is stated. */
export const refineType = (stated: ValueType, inferred: ValueType): ValueType => ({
  ...stated,
  ...inferred,
  dtype: stated.dtype ?? inferred.dtype,
  shape: stated.shape === undefined ? inferred.shape : refineShape(stated.shape, inferred.shape),
})

/** A product says how it relates to other sizes, which a name for it does not. */
const refineDim = (stated: Dim, inferred: Dim): Dim =>
  isSizeProduct(inferred) && typeof stated !== 'number' ? inferred : mostPrecise([stated, inferred])

const refineShape = (stated: readonly Dim[], inferred: readonly Dim[] | undefined): readonly Dim[] =>
  inferred?.length === stated.length ? stated.map((dim, i) => refineDim(dim, inferred[i] as Dim)) : stated
