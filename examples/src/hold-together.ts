import { Conv2d, fusedKind, type Kind, kind, manualSeed, print, Sequential, type Tensor } from '@nnfuse/ir'
import { rule } from '@nnfuse/matcher'
import { definePlugin } from '@nnfuse/pass-manager'
import { fuse } from 'nnfuse'

interface GroupNormAttrs {
  readonly groups: number
  readonly weight: Tensor
  readonly bias: Tensor
}

/** Without `forward`: it can be matched, not run. */
const GroupNorm: Kind<'acme.GroupNorm', GroupNormAttrs, [attrs: GroupNormAttrs]> = kind('acme.GroupNorm', {
  create: (attrs) => ({ attrs }),
  inferTypes: (_attrs, [input]) => (input === undefined ? [] : [input]),
  parameters: { weight: 'weight', bias: 'bias' },
  describe: ({ groups }) => `${groups} groups`,
})

const ConvGroupNorm2d = fusedKind('acme.ConvGroupNorm2d', [Conv2d, GroupNorm])

const groupNorm = definePlugin({
  name: '@acme/nnfuse-plugin-groupnorm',
  kinds: [GroupNorm, ConvGroupNorm2d],
  rules: [
    rule('conv2d-groupnorm', [Conv2d, GroupNorm], (conv, norm) => ConvGroupNorm2d(conv, norm), {
      exactness: 'bits',
    }),
  ],
})

const nn = manualSeed(0)
const { weight, bias } = nn.BatchNorm2d(8).attrs
const norm = GroupNorm({ groups: 2, weight: weight as Tensor, bias: bias as Tensor })

console.log(print(fuse(Sequential([nn.Conv2d(3, 8, 3), norm]), { plugins: [groupNorm] }).model.root))
