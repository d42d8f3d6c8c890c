import { type AnyModule, type Kind, kind, type LinearModule, type Ops } from '@nnfuse/ir'

const callChild = <V>(ops: Ops<V>, { children }: AnyModule, name: string, x: V): V =>
  ops.call(name, children.get(name) as AnyModule, [x])[0] as V

/** `silu(gate(x)) * up(x)`, the gated layer of Llama and its relatives. */
export const SwiGLU: Kind<'acme.SwiGLU', Record<never, never>, [gate: LinearModule, up: LinearModule]> = kind(
  'acme.SwiGLU',
  {
    create: (gate, up) => ({
      attrs: {},
      children: new Map<string, AnyModule>([
        ['gate', gate],
        ['up', up],
      ]),
      training: gate.training,
    }),
    forward: (ops, module, x) => {
      const gate = callChild(ops, module, 'gate', x)
      return ops.mul(ops.mul(gate, ops.sigmoid(gate)), callChild(ops, module, 'up', x))
    },
  },
)
