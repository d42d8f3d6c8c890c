// The plugins whose rules have pages, in the order of the table of contents.

import { affine } from '../../packages/fuser-affine/dist/index.js'
import { convBn, convBnAdd } from '../../packages/fuser-conv-bn/dist/index.js'
import { convAdd, linearRelu } from '../../packages/fuser-linear-relu/dist/index.js'
import { qat } from '../../packages/fuser-qat/dist/index.js'
import { reparam } from '../../packages/fuser-reparam/dist/index.js'
import { simplify } from '../../packages/simplify/dist/index.js'

/** @typedef {{ folder: string, call: string, plugin: import('../../packages/pass-manager/dist/index.js').Plugin, usedBy: string }} Shipped */

const defaults = 'one of the defaults of `fuse`'

/** @type {readonly Shipped[]} */
export const shipped = [
  { folder: 'fuser-conv-bn', call: 'convBn()', plugin: convBn(), usedBy: defaults },
  {
    folder: 'fuser-linear-relu',
    call: 'linearRelu()',
    plugin: linearRelu(),
    usedBy: `${defaults} and of \`fuseModulesQat\``,
  },
  {
    folder: 'fuser-reparam',
    call: 'reparam()',
    plugin: reparam({ mergePointwise: true }),
    usedBy: defaults,
  },
  { folder: 'fuser-affine', call: 'affine()', plugin: affine(), usedBy: defaults },
  { folder: 'simplify', call: 'simplify()', plugin: simplify(), usedBy: defaults },
  { folder: 'fuser-qat', call: 'qat()', plugin: qat(), usedBy: 'one of the defaults of `fuseModulesQat`' },
  {
    folder: 'fuser-conv-bn',
    call: 'convBnAdd()',
    plugin: convBnAdd(),
    usedBy: 'to be asked for, as `presets.onednn()` does',
  },
  {
    folder: 'fuser-linear-relu',
    call: 'convAdd()',
    plugin: convAdd(),
    usedBy: 'to be asked for, as `presets.onednn()` does',
  },
]
