import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { npyFile, npyHeader, uint8Npy } from '../../test/npy-bytes.js'
import { parseNpy } from './npy.js'

const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength)

const parse = (bytes: Uint8Array) => parseNpy(bytes, 'x.npy')

test('gives back what was saved, for every shape and header version', () => {
  const array = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }).chain((shape) => {
    const length = shape.reduce((count, size) => count * size, 1)
    return fc.tuple(
      fc.constant(shape),
      fc.float32Array({ minLength: length, maxLength: length }),
      fc.constantFrom(1, 2, 3),
    )
  })
  fc.assert(
    fc.property(array, ([shape, values, version]) => {
      const read = parse(npyFile(npyHeader('<f4', shape), bytesOf(values), version))
      expect(read).toEqual({ dtype: 'float32', shape, values })
    }),
  )
})

test('never throws anything but BAD_NPY, whatever the bytes', () => {
  const whole = uint8Npy([2, 3], [1, 2, 3, 4, 5, 6])
  const mutation = fc.tuple(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length))
  fc.assert(
    fc.property(mutation, ([at, value, length]) => {
      const broken = Uint8Array.from(whole.subarray(0, length))
      if (at < length) broken[at] = value
      try {
        parse(broken)
      } catch (error) {
        expect(error).toMatchObject({ code: 'BAD_NPY', path: 'x.npy' })
      }
    }),
  )
})

describe('reads', () => {
  const cases = [
    ['|b1', 'bool', Uint8Array.of(0, 1)],
    ['|i1', 'int8', Int8Array.of(-1, 1)],
    ['<i2', 'int16', Int16Array.of(-300, 1)],
    ['<i8', 'int64', BigInt64Array.of(-1n, 2n ** 40n)],
    ['<u4', 'uint32', Uint32Array.of(1, 2 ** 31)],
    ['<f8', 'float64', Float64Array.of(0.1, -1e300)],
  ] as const
  test.each(cases)('%s as %s', (descr, dtype, values) => {
    expect(parse(npyFile(npyHeader(descr, [2]), bytesOf(values)))).toEqual({ dtype, shape: [2], values })
  })

  test('16-bit floats, widened', () => {
    const { values } = parse(npyFile(npyHeader('<f2', [2]), bytesOf(Uint16Array.of(0x3c00, 0xc000))))
    expect(values).toEqual(Float32Array.of(1, -2))
  })
})

describe('says what is wrong with', () => {
  const data = new Uint8Array(8)
  const cases: readonly (readonly [name: string, bytes: Uint8Array, problem: RegExp])[] = [
    ['an empty file', new Uint8Array(), /it is no \.npy file/],
    ['text', Buffer.from('hello, this is text'), /it is no \.npy file/],
    ['a file that ends in its header', uint8Npy([8], [...data]).subarray(0, 40), /ends inside its header/],
    [
      'a file that ends in its data',
      uint8Npy([8], [1, 2, 3]),
      /8 elements of uint8 take 8 bytes, and it holds 3/,
    ],
    ['columns before rows', npyFile(npyHeader('|u1', [2, 4], true), data), /column-major/],
    ['big-endian numbers', npyFile(npyHeader('>f4', [2]), data), /big-endian/],
    ['Python objects', npyFile(npyHeader('|O', [1]), data), /dtype "\|O"/],
    [
      'records',
      npyFile("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }", data),
      /no plain dtype/,
    ],
    ['no shape', npyFile("{'descr': '|u1', 'fortran_order': False, }", data), /no shape/],
  ]
  test.each(cases)('%s', (_, bytes, problem) => {
    expect(() => parse(bytes)).toThrow(problem)
  })
})
