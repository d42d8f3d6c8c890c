import { expect, test } from 'vitest'
import { node } from '../test/onnx-builder.js'
import { isOperator, versionOf, whyNotStandard } from './standard-operators.js'

test.each([
  [node('Relu', ['x'], ['y']), 17],
  [node('Reshape', ['x', 'shape'], ['y'], { allowzero: 1 }), 14],
  [node('Squeeze', ['x'], ['y'], { axes: [0] }), 12],
  [node('Clip', ['x', '', 'max'], ['y']), 13],
  [node('Clip', ['x'], ['y'], { max: { float: 6 } }), 10],
  [node('Concat', ['a', 'b', 'c', 'd'], ['y'], { axis: 0 }), 13],
  [node('Relu', ['x', '', ''], ['y', '']), 17],
  [node('Relu', ['x'], ['y']), 1000],
])('case %#: a node that has what its operator has', (one, opset) => {
  expect(whyNotStandard(one, opset)).toBeUndefined()
})

test.each([
  [node('Reshape', ['x', 'shape'], ['y'], { allowzero: 1 }), 13, 'its attribute "allowzero" is not known'],
  [node('Squeeze', ['x'], ['y'], { axes: [0] }), 13, 'its attribute "axes" is not known'],
  [node('Conv', ['x', 'w'], ['y'], { group: 'two' }), 17, 'its attribute "group" is not of type int'],
  [node('Concat', ['a', 'b'], ['y']), 13, 'it has no attribute "axis"'],
  [node('Relu', ['x', 'z'], ['y']), 17, 'it has more inputs than its operator, which has 1'],
  [node('Reshape', ['x', 'shape'], ['y', 'z']), 17, 'it has more outputs than its operator, which has 1'],
  [node('Add', ['x'], ['y']), 17, 'it has 1 inputs, and its operator at least 2'],
  [node('Upsample', ['x', 'scales'], ['y']), 10, 'its operator is none of ONNX in that opset'],
  [node('LayerNormalization', ['x', 's'], ['y']), 16, 'its operator is none of ONNX in that opset'],
  [node('Gone', ['x'], ['y']), 17, 'its operator is none of ONNX in that opset'],
  [{ ...node('Relu', ['x'], ['y']), domain: 'acme' }, 17, 'its operator is none of ONNX in that opset'],
])('case %#: a node that has not', (one, opset, reason) => {
  expect(whyNotStandard(one, opset)).toBe(reason)
})

test('an attribute that is given twice', () => {
  const one = node('Concat', ['a'], ['y'], { axis: 0 })
  one.attribute.push(...one.attribute)
  expect(whyNotStandard(one, 17)).toBe('its attribute "axis" is given twice')
})

test('an attribute of a function is not the value of one', () => {
  const one = node('Concat', ['a'], ['y'], { axis: 0 })
  for (const attribute of one.attribute) attribute.refAttrName = 'along'
  expect(whyNotStandard(one, 17)).toBe('its attribute "axis" is not of type int')
})

test('the version of an operator is the opset that last changed it', () => {
  expect(versionOf('Reshape', 18)?.since).toBe(14)
  expect(versionOf('Reshape', 4)?.since).toBe(1)
  expect(versionOf('Gelu', 19)).toBeUndefined()
  expect([isOperator('Gelu'), isOperator('__proto__')]).toEqual([true, false])
})
