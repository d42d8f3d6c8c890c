import * as ir from '@nnfuse/ir'
import { type AnyModule, activations, walk } from '@nnfuse/ir'

const exported: ReadonlyMap<string, unknown> = new Map(Object.entries(ir))

const lastPart = (kind: string): string => kind.slice(kind.lastIndexOf('.') + 1)

const isIdentifier = (name: string): boolean => /^[A-Za-z_$][\w$]*$/.test(name)

const isExported = ({ kind }: AnyModule): boolean => {
  const maker = exported.get(lastPart(kind))
  return typeof maker === 'function' && 'kind' in maker && maker.kind === kind
}

/** Whether a layer is what `withActivation` gives. Its kinds have no names that could be imported. */
export const isHeldTogether = ({ kind, children }: AnyModule): boolean =>
  kind.startsWith('nni.') &&
  children.size === 2 &&
  activations.some((activation) => activation.is([...children.values()][1] as AnyModule))

/** Whether code can make a layer with what `@nnfuse/ir` exports. */
export const isOurs = (module: AnyModule): boolean => isExported(module) || isHeldTogether(module)

/** What a kind is called in code: the last part of its name, unless something else is called so. */
export const nameInCode = (module: AnyModule): string => {
  const name = lastPart(module.kind)
  const taken = !isIdentifier(name) || (exported.has(name) && !isExported(module))
  return taken ? `_${module.kind.replace(/[^\w$]/g, '_')}` : name
}

/** The kinds in a model that are not ours: their names in code, and their own. */
export const strangersIn = (model: AnyModule): ReadonlyMap<string, string> => {
  const strangers = [...walk(model)].map(({ module }) => module).filter((module) => !isOurs(module))
  return new Map(strangers.map((module) => [nameInCode(module), module.kind]))
}

const withoutStrings = (code: string): string => code.replace(/'(?:[^'\\\n]|\\.)*'/g, "''")

/** What code uses of `@nnfuse/ir`, as it stands between the braces of an import, in the order that linters want. */
export const importsOf = (code: string): string[] => {
  const words = new Set(withoutStrings(code).match(/[\w$]+/g))
  const names = [...exported.keys(), 'AnyModule'].filter((name) => words.has(name))
  return names.sort((a, b) => a.localeCompare(b)).map((name) => (exported.has(name) ? name : `type ${name}`))
}
