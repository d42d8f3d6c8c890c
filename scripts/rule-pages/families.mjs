// What is written by hand of the rules, for all that do the same to different layers.

/**
 * @typedef {object} Family
 * @property {RegExp} rules names of the rules
 * @property {string} folder the plugin's package
 * @property {string} result
 * @property {string} numerics
 * @property {readonly string[]} [left] what the rewrite declines, besides conditions: reasons as reports give them
 * @property {string} [conditionsOf] the rule that has the same conditions, where guards have lost their names
 */

/** @param {string} bias @returns {string} */
const bitsOfTorch = (bias) => `
\`\`\`text
r  = 1 / sqrt(variance + eps)
W' = W * (gamma * r)
b' = ${bias}
\`\`\`

Each step is rounded to the type of what it works on, in the order in which PyTorch does it: the folded weights are the
same bits as those of \`fuse_modules\`, which golden files made by PyTorch pin. Outputs differ from the unfused model's
by rounding. Weights are computed when somebody reads or writes them, not when the model is fused.`

const afterConv = bitsOfTorch('((b - mean) * r) * gamma + beta')
const afterLinear = bitsOfTorch('(b - mean) * (gamma * r) + beta')

const foldedAlone = 'The layer, with the weight and the bias that compute what both computed.'
const foldedAndHeld =
  'The batch-norm is folded into the layer, and the layer held together with its activation.'

const unchanged = 'No weight changes, and no number that is computed.'

const summed = `
New weights are summed in float64 and rounded once to their type. Results differ by rounding, for additions have another
order: by less than 1e-5 of the largest element in all tests with float32. In 16-bit types that rounding is seen. An
infinite or missing number in the input spreads to where a larger kernel looks.`

const unalignable = [
  'how much … pads depends on the size of its input, which is not known',
  '… gives … channels, … …',
  '… and … are not given the same',
  '… pads with … and … with …',
  '… stay two: …',
  'of strides … and …, they do not look at the same places',
  'their paddings do not align their kernels',
  '… have … weights, one kernel for both would have …',
]

/** @type {readonly Family[]} */
export const families = [
  {
    rules: /^conv(-transpose)?\dd-bn$/,
    folder: 'fuser-conv-bn',
    result: foldedAlone,
    numerics: afterConv,
  },
  { rules: /^linear-bn$/, folder: 'fuser-conv-bn', result: foldedAlone, numerics: afterLinear },
  {
    rules: /^conv(-transpose)?\dd-bn-(relu|activation)$/,
    folder: 'fuser-conv-bn',
    result: foldedAndHeld,
    numerics: afterConv,
  },
  {
    rules: /^linear-bn-(relu|activation)$/,
    folder: 'fuser-conv-bn',
    result: foldedAndHeld,
    numerics: afterLinear,
  },
  {
    rules: /^conv2d-bn-add(-relu)?$/,
    folder: 'fuser-conv-bn',
    result:
      'The batch-norm is folded into the convolution, which is held together with what is added to its output, and with the ReLU where there is one. Either operand of the addition may be the convolution.',
    numerics:
      'The folded weights are those of [conv2d-bn](conv2d-bn.md), bit for bit. A backend that adds within its kernel may round otherwise.',
    conditionsOf: 'conv2d-bn',
  },
  {
    rules: /^((conv(-transpose)?\dd|linear|bn\dd)-(relu|activation))$/,
    folder: 'fuser-linear-relu',
    result:
      'One module that holds both, so that a backend can run them as one kernel and a quantizer can give them one output range. In an ONNX file they are two nodes.',
    numerics: unchanged,
  },
  {
    rules: /^conv2d-add(-relu)?$/,
    folder: 'fuser-linear-relu',
    result:
      'One module that holds the convolution, the addition, and the ReLU where there is one. Either operand of the addition may be the convolution; of two, the first written takes it.',
    numerics: `${unchanged} A backend that adds within its kernel may round otherwise.`,
  },
  {
    rules: /^qat-(conv(-transpose)?\dd|linear)-bn(-relu|-activation)?$/,
    folder: 'fuser-qat',
    result:
      'One module that holds all of them. Batch-norm stays a layer of its own inside, because its statistics are still being learned.',
    numerics: unchanged,
  },
  {
    rules: /^conv-branches$|^conv-branch(-in-sums?|-outside-sum)?$|^conv-minus-branch$|^bn-minus-conv$/,
    folder: 'fuser-reparam',
    result:
      'One convolution at the place of the first, whose kernel holds those of all. A batch-norm is a kernel of 1 that scales its own channel. What is added besides is added to it.',
    numerics: summed,
    left: unalignable,
  },
  {
    rules: /^conv-input(-in-sums?|-outside-sum)?$|^conv-minus-input$|^input-minus-conv$/,
    folder: 'fuser-reparam',
    result:
      'One convolution: its input is a kernel of 1 with a 1 for its own channel. What is added besides is added to it.',
    numerics: summed,
    left: unalignable,
  },
  {
    rules: /^bn-(bn|input)(-in-sums?|-outside-sum)?$/,
    folder: 'fuser-reparam',
    result:
      'One batch-norm that scales by the sum of both scales and shifts by the sum of both shifts. What is added besides is added to it.',
    numerics: summed,
    left: unalignable,
  },
  {
    rules: /^branch-zero$/,
    folder: 'fuser-reparam',
    result: 'The layer alone. Code of such networks adds 0 where a block has no identity.',
    numerics: 'No number changes, but for a zero that was negative.',
    left: ['the zero that is added may have more axes than what it is added to'],
  },
  {
    rules: /^(conv-pointwise|pointwise-conv)$/,
    folder: 'fuser-reparam',
    result:
      'One convolution, with the activation of the second where that was held together with one. Only with `reparam({ mergePointwise: true })`: some networks keep the two apart on purpose.',
    numerics: summed,
    left: [
      '… takes … channels but is given …',
      '… have … weights, one convolution would have …',
      'how much … pads depends on the size of its input, which is not known',
      '… pads: its border is no output of the other',
      '… leaves out places that … would see',
      '… pads with zeros, where … would give its bias',
    ],
  },
  {
    rules: /^pad-conv\dd$/,
    folder: 'fuser-affine',
    result: 'The convolution, which puts the zeros around its input itself.',
    numerics: 'No number changes.',
  },
  {
    rules: /^transpose-transpose$/,
    folder: 'fuser-affine',
    result: 'An identity, which goes as well.',
    numerics: 'No number changes.',
  },
]
