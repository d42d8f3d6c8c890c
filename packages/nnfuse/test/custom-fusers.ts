import { type AnyModule, BatchNorm2d, Conv2d, Dropout, Identity, ReLU, Sequential, Tanh } from '@nnfuse/ir'
import type { FuseModulesOptions, FuserFunc, FuserMethod, FuserMethodMapping } from '../src/index.js'

/*
 * The fuser functions and mappings of scripts/python/fuse_modules_fusers.py, under the same names. Some are no
 * legal ones, in TypeScript not even by their types.
 */

const identities: FuserFunc = (modules) => modules.map(() => Identity())

export const fuserFuncs: Readonly<Record<string, unknown>> = {
  identities,
  'one too few': (modules: AnyModule[]) => modules.slice(1).map(() => Identity()),
  'one too many': (modules: AnyModule[]) => [...modules.map(() => Identity()), Identity()],
  'nothing in each place': (modules: AnyModule[]) => modules.map(() => null),
  numbers: (modules: AnyModule[]) => modules.map(() => 5),
  'a number': () => 5,
  unchanged: (modules: AnyModule[]) => modules,
}

const first: FuserMethod = ([module]) => module as AnyModule
const second: FuserMethod = ([, module]) => module as AnyModule

const mapping = (...entries: FuserMethodMapping): FuseModulesOptions => ({
  additionalFuserMethodMapping: entries,
})

const illegal = (additionalFuserMethodMapping: unknown): FuseModulesOptions =>
  ({ additionalFuserMethodMapping }) as FuseModulesOptions

export const configs: Readonly<Record<string, FuseModulesOptions>> = {
  'one layer': mapping([[Conv2d], () => Identity()]),
  'conv, dropout': mapping([[Conv2d, Dropout], first]),
  'four layers': mapping([[Conv2d, BatchNorm2d, ReLU, Dropout], second]),
  'conv, bn gives bn': mapping([[Conv2d, BatchNorm2d], second]),
  'container for its own': mapping([[Conv2d, Tanh], (modules) => Sequential(modules)]),
  'a class as the method': mapping([[Conv2d, Dropout], Sequential as unknown as FuserMethod]),
  'a bare kind as the key': illegal([[Conv2d, first]]),
  'a method that gives nothing': mapping([[Conv2d, Dropout], (() => null) as unknown as FuserMethod]),
  'no method': illegal([[[Conv2d, BatchNorm2d], null]]),
  'no mapping': {},
  'other keys only': { somethingElse: 1 } as FuseModulesOptions,
  'no dictionary': illegal(5),
}
