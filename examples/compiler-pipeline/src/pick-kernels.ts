import {
  Add,
  type AnyModule,
  BNReLU2d,
  type Call,
  ConvAdd2d,
  ConvAddReLU2d,
  ConvReLU2d,
  Flatten,
  flatten,
  Identity,
  inferTypes,
  LinearReLU,
  ReLU,
  uniqueNames,
  withGraph,
} from '@nnfuse/ir'
import type { Pass } from '@nnfuse/pass-manager'
import { type Body, bodyOf } from './bodies.js'
import { type EpilogueStep, Kernel } from './kernel.js'
import { knownSizes } from './sizes.js'

/** Kinds that end with something an epilogue can do. What comes before is their first child, or nothing. */
const epilogues: ReadonlyMap<string, readonly EpilogueStep[]> = new Map([
  [ReLU.kind, ['relu']],
  [Add.kind, ['add']],
  [ConvReLU2d.kind, ['relu']],
  [LinearReLU.kind, ['relu']],
  [BNReLU2d.kind, ['relu']],
  [ConvAdd2d.kind, ['add']],
  [ConvAddReLU2d.kind, ['add', 'relu']],
])

const copy: Body = { name: '', weights: {}, code: '\n  var value = x[i];' }

type Sizes = readonly number[] | undefined

const isSame = (a: Sizes, b: Sizes): boolean => a?.join() === b?.join()

const kernelFor = (module: AnyModule, inputs: readonly Sizes[], shape: Sizes): AnyModule | undefined => {
  const [first, second] = inputs
  if (first === undefined || shape === undefined) return undefined
  if (Flatten.is(module)) return Identity() // elements lie in the same order
  const epilogue = epilogues.get(module.kind) ?? []
  const [layer] = epilogue.length === 0 ? [module] : module.children.values()
  const body = layer === undefined ? copy : bodyOf(layer, first, shape)
  const isAdded = !epilogue.includes('add') || isSame(second, shape)
  const isCopied = layer !== undefined || isSame(first, shape)
  if (body === undefined || !isAdded || !isCopied) return undefined
  const name = [body.name, ...epilogue].filter((part) => part !== '').join('+')
  return Kernel({ name, weights: body.weights, body: body.code, epilogue, shape })
}

/** Each call with its kernel, or undefined where there is none. */
const pick = (model: AnyModule): (readonly [Call, AnyModule | undefined])[] => {
  const graph = flatten(model)
  const types = inferTypes(graph)
  const sizesOf = (values: readonly string[]): Sizes[] => values.map((value) => knownSizes(types.get(value)))
  return graph.attrs.calls.map((call) => {
    const module = graph.children.get(call.target) as AnyModule
    return [call, kernelFor(module, sizesOf(call.inputs), sizesOf(call.outputs)[0])]
  })
}

/** Puts a kernel in the place of each layer; each call gets its own, as kernels are made for certain sizes. */
export const pickKernels: Pass = {
  name: 'pick-kernels',
  description: 'Puts a shader in the place of each layer, a fused one included',
  requires: (model) => {
    const without = pick(model).filter(([, kernel]) => kernel === undefined)
    const { children } = flatten(model)
    const names = without.map(([{ target }]) => `${target} (${children.get(target)?.kind})`)
    return names.length === 0 || `there is no kernel, or sizes are unknown, for ${names.join(', ')}`
  },
  run: (model) => {
    const graph = flatten(model)
    const unique = uniqueNames()
    const picked = pick(model).map(
      ([call, kernel]) => [{ ...call, target: unique(call.target) }, kernel] as const,
    )
    const kernels = new Map(picked.map(([{ target }, kernel]) => [target, kernel as AnyModule]))
    return withGraph(graph, kernels, { ...graph.attrs, calls: picked.map(([call]) => call) })
  },
}
