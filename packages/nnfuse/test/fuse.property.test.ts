import { type AnyModule, isNnfuseError, Model, print, train } from '@nnfuse/ir'
import {
  arbitraryActivation,
  arbitraryBatchNorm1d,
  arbitraryBatchNorm2d,
  arbitraryConv2d,
  arbitraryConvTranspose2d,
  arbitraryLinear,
  chainOf,
  codeOfModel,
  compareOutputs,
  type Example,
  type LayerGenerator,
} from '@nnfuse/testing'
import {
  type Arbitrary,
  array,
  assert,
  asyncProperty,
  boolean,
  constant,
  constantFrom,
  integer,
  oneof,
  shuffledSubarray,
  tuple,
} from 'fast-check'
import { expect, test } from 'vitest'
import { fuseModules, fuseModulesQat } from '../src/index.js'

const chains = (first: LayerGenerator, layers: readonly LayerGenerator[]): Arbitrary<Example> =>
  array(constantFrom(first, ...layers), { minLength: 1, maxLength: 4 }).chain((rest) =>
    chainOf(first, ...rest),
  )

const networks = oneof(
  chains(arbitraryConv2d, [arbitraryBatchNorm2d, arbitraryActivation, arbitraryConvTranspose2d]),
  chains(arbitraryConvTranspose2d, [arbitraryBatchNorm2d, arbitraryActivation]),
  chains(arbitraryLinear, [arbitraryBatchNorm1d, arbitraryActivation]),
)

const expectSame = async (unfused: AnyModule, fused: AnyModule, { inputs }: Example): Promise<void> => {
  const violation = await compareOutputs(unfused, fused, { inputs })
  if (violation !== undefined) throw new Error(`${violation.problem}\n\n${await codeOfModel(unfused)}`)
}

const groupsOf = (paths: readonly string[]): Arbitrary<readonly (readonly string[])[]> => {
  const somePaths = constantFrom(...paths)
  const stretch = tuple(integer({ min: 0, max: paths.length - 1 }), integer({ min: 2, max: 3 }))
  const group = oneof(
    { weight: 6, arbitrary: stretch.map(([from, length]) => paths.slice(from, from + length)) },
    {
      weight: 2,
      arbitrary: shuffledSubarray([...paths], { minLength: 1, maxLength: Math.min(3, paths.length) }),
    },
    { weight: 1, arbitrary: array(oneof(somePaths, constant('nowhere')), { maxLength: 3 }) },
  )
  return array(group, { maxLength: 2 })
}

const requests = tuple(networks, boolean()).chain(([{ model, inputs }, training]) =>
  tuple(
    constant({ model: train(model, training), inputs }),
    groupsOf([...model.children.keys()]),
    constantFrom(fuseModules, fuseModulesQat),
    boolean(),
  ),
)

test('a random request is either right or refused with a code, and then the model is what it was', async () => {
  const codes = new Map<string | undefined, number>()
  const rightOrRefused = asyncProperty(requests, async ([example, groups, fuseGroups, inplace]) => {
    const root = example.model
    const model = new Model(root)
    const before = print(root)
    const attempt = (): Model | string => {
      try {
        return fuseGroups(model, groups, { inplace })
      } catch (error) {
        if (!isNnfuseError(error)) throw error
        return error.code
      }
    }
    const result = attempt()
    expect(print(root)).toBe(before)
    if (typeof result === 'string') expect(model.root).toBe(root)
    else await expectSame(root, result.root, example)
    const outcome = typeof result === 'string' ? result : 'fused'
    codes.set(outcome, (codes.get(outcome) ?? 0) + 1)
  })
  await assert(rightOrRefused, { seed: 0, numRuns: 1000 })
  const seen = ['fused', 'BAD_GROUPS', 'NO_SUCH_PATH', 'NOT_ADJACENT', 'UNKNOWN_PATTERN', 'CANNOT_FUSE']
  expect([...codes.keys()]).toEqual(expect.arrayContaining(seen))
  expect(codes.get('fused')).toBeGreaterThan(30)
})
