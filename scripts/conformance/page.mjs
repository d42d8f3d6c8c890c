// docs/conformance.md

import { rowsBy, tableOf } from './table.mjs'

/**
 * @param {readonly import('./table.mjs').Result[]} results
 * @param {Record<string, string>} versions
 */
export const pageOf = (results, versions) => `# Conformance

ONNX comes with tests for its operators: small models, what they are given, and what they must compute. Each is read by
nnfuse and written again in three ways:

* unfused, which must give the same bytes;
* fused, with the defaults of \`fuse\`;
* anew: as if the graph had been built and no file were known, so that every layer is written by its own code.

Tests of an operator have its weights as inputs, of which nothing is known when a model is fused. So each such test is
done once more with all inputs but the first as constants. What is another file than the original is run by ONNX Runtime
without optimizations, and must give the outputs that ONNX says, within its tolerances (relative 1e-3, absolute 1e-7), or
where ONNX Runtime gives others for the original, those.

${tableOf(rowsBy(results, 'group'), 'folder')}

* *models*: the tests, and those that are done with constants.
* *rule applied*: models in which something was fused or dropped. Most tests of one operator have nothing of the kind.
* *files changed*: of the two files for each model, fused and written anew, those that are not the same bytes as the
  original. The columns behind it say what became of each; what is the same bytes is not run.
* *same bits*, *within tolerance*: the outputs, beside the original's and the reference.
* *original cannot run*: ONNX Runtime has no kernel for the operator's version or type, or no type for an input; nothing
  is compared.
* *bound to its file*: cannot be written anew, which is an error that says why: operators of other domains, an opset
  before 7, strings as constants, inputs that are no tensors or have default values, graphs inside nodes that use a
  constant of the file.
* *not compared*: inputs or outputs are sequences, optional, or of 4 bits, which onnxruntime-node is given no values of;
  both files load. So would be random numbers.
* *light* has real architectures, ResNet-50 and DenseNet-121 among them, whose weights are all computed by nodes.

Python writes the tests into a folder; the script prints the figures of each operator, and with \`--write\` this page:

\`\`\`sh
python scripts/python/onnx_backend_tests.py
node scripts/conformance-onnx.mjs .cache/onnx-backend-tests --write
\`\`\`

Models of the same kinds, each with a convolution and a batch-norm beside the operator, are a test that needs no Python:
[examples/test/conformance.test.ts](../examples/test/conformance.test.ts).

Measured on ${new Date().toISOString().slice(0, 10)} with ${Object.entries(versions)
  .map(([name, version]) => `${name} ${version}`)
  .join(', ')}.
`
