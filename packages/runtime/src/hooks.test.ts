import {
  type AnyModule,
  BatchNorm1d,
  type BatchNormAttrs,
  Conv2d,
  ConvReLU2d,
  decode,
  floatTensor,
  type Hook,
  hook,
  type Kind,
  kind,
  peekBytes,
  ReLU,
  readValues,
  Sequential,
  type Tensor,
  train,
  withHooks,
} from '@nnfuse/ir'
import { describe, expect, test } from 'vitest'
import { golden } from '../test/golden.js'
import { type ForwardHook, type ForwardPreHook, run } from './index.js'

const Scale: Kind<'t.Scale', { factor: number }, [factor: number]> = kind('t.Scale', {
  create: (factor) => ({ attrs: { factor } }),
  forward: (ops, { attrs }, x) => ops.mul(x, ops.constant(floatTensor([attrs.factor], [1]))),
})

const Boom: Kind<'t.Boom', Record<never, never>, []> = kind('t.Boom', {
  create: () => ({ attrs: {} }),
  forward: () => {
    throw new Error('boom')
  },
})

const hooked = <M extends AnyModule>(
  module: M,
  { pre = [], post = [] }: { pre?: ForwardPreHook[]; post?: (ForwardHook | Hook)[] },
): M =>
  withHooks(module, {
    forwardPre: pre.map((fn) => hook(fn)),
    forward: post.map((entry) => (typeof entry === 'function' ? hook(entry) : entry)),
  })

const first = (tensor: Tensor): number => {
  const values = decode(peekBytes(tensor) as Uint8Array, tensor.dtype)
  return Math.round(Number(values[0]) * 1e4) / 1e4
}

const changed = (tensor: Tensor, change: (x: number) => number): Tensor =>
  floatTensor(
    Float32Array.from(decode(peekBytes(tensor) as Uint8Array, 'float32') as Float32Array, change),
    tensor.shape,
  )

const ones = floatTensor([1, 1], [2])

describe('hooks', () => {
  test('fire in the order of torch, and their changes count as there', async () => {
    const log: unknown[] = []
    const pre =
      (name: string, change?: (x: Tensor) => Tensor | Tensor[]): ForwardPreHook =>
      (_module, inputs) => {
        log.push([`pre ${name}`, inputs.map(first)])
        return change?.(inputs[0] as Tensor)
      }
    const post =
      (name: string, change?: (y: Tensor) => Tensor): ForwardHook =>
      (_module, inputs, output) => {
        log.push([`post ${name}`, inputs.map(first), [first(output)]])
        return change?.(output)
      }
    const shared = hooked(Scale(2), { pre: [pre('shared')], post: [post('shared')] })
    const relu = hooked(ReLU(), { post: [post('relu')] })
    const inner = hooked(Sequential([shared, relu, shared]), {
      pre: [
        pre('inner a', (x) => changed(x, (value) => value * 10)),
        pre('inner b', (x) => [changed(x, (value) => value + 1)]),
      ],
      post: [post('inner')],
    })
    const scaled = hooked(Scale(3), { post: [post('first', (y) => changed(y, (value) => value + 0.5))] })
    const model = hooked(Sequential([scaled, inner, Scale(-1)]), {
      pre: [pre('model')],
      post: [post('model a', (y) => changed(y, (value) => value + 100)), post('model b')],
    })
    const { outputs } = await run(model, [ones])
    expect(log).toEqual(golden.hooks.log)
    expect(outputs.map(first)).toEqual(golden.hooks.output)
  })

  test('that are always called run when a layer throws, as in torch, and the error goes on', async () => {
    const log: unknown[] = []
    const post =
      (name: string): ForwardHook =>
      (_module, inputs, output) => {
        log.push([name, inputs.map(first), output === undefined])
        return undefined
      }
    const always = (name: string): Hook => hook(post(name), { alwaysCall: true })
    const boom = hooked(Boom(), {
      pre: [
        (_module, inputs) => {
          log.push(['boom pre', inputs.map(first), true])
        },
      ],
      post: [always('boom always a'), post('boom'), always('boom always b')],
    })
    const scale = hooked(Scale(2), { post: [always('scale always')] })
    const inner = hooked(Sequential([scale, boom]), { post: [always('inner always')] })
    const last = hooked(Scale(3), { post: [always('last always')] })
    const model = hooked(Sequential([inner, last]), { post: [post('model'), always('model always')] })
    await expect(run(model, [ones])).rejects.toMatchObject({
      code: 'RUN_FAILED',
      path: '0.1',
      cause: { message: 'boom' },
    })
    log.push(['thrown', [], true])
    expect(log).toEqual(golden.failingHooks.log)
  })

  test('on the layers inside a fused one fire with those layers', async () => {
    const seen: string[] = []
    const note: ForwardHook = (module) => {
      seen.push(module.kind)
      return undefined
    }
    const conv = hooked(Conv2d({ weight: floatTensor([2], [1, 1, 1, 1]) }), { post: [note] })
    const relu = hooked(ReLU(), { post: [note] })
    const fused = hooked(ConvReLU2d(conv, relu), { post: [note] })
    await run(fused, [floatTensor([-1, 3], [1, 1, 1, 2])])
    expect(seen).toEqual(['nn.Conv2d', 'nn.ReLU', 'nni.ConvReLU2d'])
  })

  test('see the running statistics that the module has by then', async () => {
    const seen: number[] = []
    const note = (module: AnyModule): undefined => {
      const bn = (module.children.get('0') ?? module).attrs as BatchNormAttrs
      seen.push(first(bn.runningMean as Tensor))
    }
    const bn = BatchNorm1d({
      numFeatures: 1,
      momentum: 0.5,
      runningMean: floatTensor([0], [1]),
      runningVar: floatTensor([1], [1]),
    })
    const layer = hooked(bn, { pre: [note], post: [note] })
    const model = hooked(train(Sequential([layer])), { pre: [note], post: [note] })
    await run(model, [floatTensor([2, 6], [2, 1])])
    expect(seen).toEqual([0, 0, 2, 2])
  })

  test('may be asynchronous, and what they saw can be read after the run', async () => {
    const kept: Tensor[] = []
    const model = hooked(Scale(2), {
      pre: [
        async (_module, [x]) => {
          const values = (await readValues(x as Tensor)) as Float32Array
          return { data: values.map((value) => value + 1), shape: [2] }
        },
      ],
      post: [
        (_module, inputs, output) => {
          kept.push(...inputs, output)
          return undefined
        },
      ],
    })
    await run(model, [ones])
    expect(kept.map(first)).toEqual([2, 4])
  })

  test('that throw throw what they threw', async () => {
    const stop = new Error('enough')
    const model = Sequential([
      hooked(ReLU(), {
        post: [
          () => {
            throw stop
          },
        ],
      }),
    ])
    await expect(run(model, [ones])).rejects.toBe(stop)
  })

  test('that are always called are called once, also where a later hook or a pre-hook throws', async () => {
    const calls: string[] = []
    const always = (name: string): Hook =>
      hook(
        (_module, _inputs, output) => {
          calls.push(output === undefined ? `${name} without output` : name)
        },
        { alwaysCall: true },
      )
    const stop = (): never => {
      throw new Error('enough')
    }
    const later = hooked(ReLU(), { post: [always('a'), stop, always('b')] })
    await expect(run(later, [ones])).rejects.toThrow('enough')
    expect(calls).toEqual(['a', 'b'])
    const before = hooked(ReLU(), { pre: [stop], post: [always('c')] })
    await expect(run(before, [ones])).rejects.toThrow('enough')
    expect(calls).toEqual(['a', 'b', 'c without output'])
  })

  test('must return tensors', async () => {
    const model = hooked(ReLU(), { post: [() => 3 as never] })
    await expect(run(model, [ones])).rejects.toMatchObject({ code: 'BAD_HOOK_RESULT', path: '' })
    const two = hooked(ReLU(), { post: [() => [ones, ones]] })
    await expect(run(two, [ones])).rejects.toThrow('returned 2 values in place of 1')
  })
})
