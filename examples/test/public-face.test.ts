import * as cli from '@nnfuse/cli'
import * as ir from '@nnfuse/ir'
import * as kernels from '@nnfuse/kernels'
import * as matcher from '@nnfuse/matcher'
import * as onnx from '@nnfuse/onnx'
import * as onnxNode from '@nnfuse/onnx/node'
import * as passManager from '@nnfuse/pass-manager'
import * as quantization from '@nnfuse/quantization'
import * as runtime from '@nnfuse/runtime'
import * as testing from '@nnfuse/testing'
import * as nnfuse from 'nnfuse'
import { expect, test } from 'vitest'

/*
 * What users can import, name by name: a change of it shows up in review. Types are not seen here.
 */

const packages = {
  nnfuse,
  '@nnfuse/cli': cli,
  '@nnfuse/ir': ir,
  '@nnfuse/kernels': kernels,
  '@nnfuse/matcher': matcher,
  '@nnfuse/onnx': onnx,
  '@nnfuse/onnx/node': onnxNode,
  '@nnfuse/pass-manager': passManager,
  '@nnfuse/quantization': quantization,
  '@nnfuse/runtime': runtime,
  '@nnfuse/testing': testing,
}

test.each(Object.entries(packages))('%s', (_, face) => {
  expect(Object.keys(face).sort().join('\n')).toMatchSnapshot()
})
