// What passes rewrite is in reports under names as rules have them; their pages are written by hand.

/**
 * @typedef {object} Rewrite
 * @property {string} name as in reports
 * @property {string} pass
 * @property {string} folder the plugin's package
 * @property {string} pattern
 * @property {readonly string[]} conditions
 * @property {string} result
 * @property {string} numerics
 * @property {readonly string[]} left reasons as reports give them
 */

const multiplyAdd =
  'A batch-norm at inference, or an addition, subtraction, multiplication or division with one constant a channel: `y = s * x + t` along one axis.'

const affineNumerics =
  "Equal in real arithmetic (`real`). New weights are computed in float64 and rounded once to their type. With `exact: 'bits'` nothing is moved. A weight that is stored as integers keeps them, and its scale is multiplied."

/** @type {readonly Rewrite[]} */
export const rewrites = [
  {
    name: 'affine-back',
    pass: 'absorb-affine',
    folder: 'fuser-affine',
    pattern: `${multiplyAdd} Before it, over any number of layers that it can be moved past, the convolution, transposed convolution, linear layer, Gemm or batch-norm that makes the value; several of them, where values are concatenated or added.`,
    conditions: [
      'Every way back ends in a layer that takes its part up.',
      'Nobody else uses a value on the way, nor calls a layer on it from elsewhere.',
      'Shapes prove that each reshape on the way keeps the axis.',
    ],
    result:
      'The layers at the ends with other weights; the arithmetic is gone, and what is on the way stays as it is.',
    numerics: affineNumerics,
    left: [
      'the output of … is also an output of the model',
      'the output of … is also used by …',
      'the output of … is used twice by …',
      'it comes from "…", an input of the model',
      'nothing is moved past …',
    ],
  },
  {
    name: 'affine-forward',
    pass: 'absorb-affine',
    folder: 'fuser-affine',
    pattern: `${multiplyAdd} Behind it, over any number of layers that it can be moved past, convolutions or linear layers that use the value. Tried where [affine-back](affine-back.md) finds no way.`,
    conditions: [
      'Every way forward ends in a layer that takes its part up.',
      'A convolution that pads with zeros takes a scale up; a shift would be missing at its border.',
    ],
    result: 'The layers at the ends with other weights; the arithmetic is gone.',
    numerics: `${affineNumerics} With \`exact: 'border'\` a shift goes into a padded convolution all the same: outputs then differ where its window lies over the border.`,
    left: [
      '"…" is an output of the model',
      'nothing is moved past …',
      'nothing uses it',
      'it pads with zeros, where nothing would be added',
    ],
  },
  {
    name: 'needless-op',
    pass: 'drop-needless-ops',
    folder: 'simplify',
    pattern:
      'A cast to the type that a value has, an expansion or a reshape to its own shape, a slice of all of it, axes in the order they have, a concatenation of one value, padding by nothing, all rows of a value taken or written over in their order, arithmetic with a constant 0 or 1 that changes nothing.',
    conditions: ['The type, shape or sizes are known.', 'A constant does not stretch the value.'],
    result: 'The value itself.',
    numerics: "No number changes; adding 0 makes 0 of -0, and stays with `exact: 'bits'`.",
    left: [],
  },
  {
    name: 'static-reshape',
    pass: 'static-reshapes',
    folder: 'simplify',
    pattern:
      'A reshape whose sizes are computed by other nodes of the file, or that is given what was reshaped for it alone.',
    conditions: [
      'The sizes follow from shapes: numbers, at most one that is not known, and symbols and products with symbols (`4·N`) that its input has at the same place.',
    ],
    result: 'A reshape with constant sizes, `-1` for the one that is not known.',
    numerics: 'No number changes.',
    left: [],
  },
  {
    name: 'join-concats',
    pass: 'join-concats',
    folder: 'simplify',
    pattern: 'A concatenation whose result only concatenations along the same axis use: `cat(cat(a, b), c)`.',
    conditions: [
      'No hook watches it, and it is no output of the model.',
      'It joins at most 64 values: all that take it up name them again.',
    ],
    result: 'Concatenations of all at once: `cat(a, b, c)`.',
    numerics: 'No number changes.',
    left: [],
  },
  {
    name: 'join-factors',
    pass: 'join-factors',
    folder: 'simplify',
    pattern: 'A value that is multiplied by a constant, and that product by another: `(x * a) * b`.',
    conditions: [
      'Only the second uses the first, and neither is watched by hooks.',
      'The constants have one shape, or one of them is a single number; both are floats of one type, at most 16 KiB.',
      'No product of theirs overflows, or is so near to zero that it loses digits, and neither stretches the other: that would make a larger constant.',
    ],
    result: 'One multiplication by the product of both: `x * (a * b)`.',
    numerics: 'Equal in real arithmetic: the product is rounded once more, and the result once less.',
    left: [],
  },
  {
    name: 'join-equal',
    pass: 'join-equal-layers',
    folder: 'simplify',
    pattern: 'Two calls of equal layers with the same inputs, or that give the same sizes.',
    conditions: [
      'Kinds, attributes and tensors are equal.',
      'Neither trains, draws random numbers, has graphs inside, is watched by hooks or of another domain than ONNX.',
      'Neither value is an output of the model.',
    ],
    result: 'One of the two, whose value both are.',
    numerics: 'No number changes.',
    left: [],
  },
  {
    name: 'evaluate-constants',
    pass: 'evaluate-constants',
    folder: 'simplify',
    pattern:
      'A layer with weights that the nodes of an ONNX file compute in a way in which runtimes round differently: sums, means, batch-norms of constants, matrix products, softmax, powers, exponentials and the like. Constants whose bits are certain are written as their values too, and are in no report.',
    conditions: [
      'All that the nodes are given is constant.',
      'The value is at most 16 KiB larger, for each node that goes, than the constants that only these nodes use. Else the nodes stay, and compute it.',
    ],
    result: 'The same layer, with weights that are stored.',
    numerics:
      "Equal in real arithmetic (`real`): computed in float64, and rounded once to the type. With `exact: 'bits'` the nodes stay, and nothing is folded into such a layer.",
    left: [],
  },
]
