const shapeText = (shape: readonly number[]): string => `(${shape.map((size) => `${size},`).join(' ')})`

/** The header that numpy.save writes. */
export const npyHeader = (descr: string, shape: readonly number[], fortran = false): string =>
  `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${shapeText(shape)}, }`

/** A `.npy` file, of version 1 unless told otherwise. */
export const npyFile = (header: string, data: Uint8Array, version = 1): Uint8Array => {
  const lengthBytes = version === 1 ? 2 : 4
  const padded = header.padEnd(Math.ceil((header.length + 9 + lengthBytes) / 64) * 64 - 9 - lengthBytes)
  const length = Buffer.alloc(lengthBytes)
  length.writeUIntLE(padded.length + 1, 0, lengthBytes)
  return Buffer.concat([
    Buffer.from(`\x93NUMPY${String.fromCharCode(version, 0)}`, 'latin1'),
    length,
    Buffer.from(`${padded}\n`),
    data,
  ])
}

/** A `.npy` file with floats. */
export const float32Npy = (shape: readonly number[], values: readonly number[]): Uint8Array =>
  npyFile(npyHeader('<f4', shape), new Uint8Array(Float32Array.from(values).buffer))

/** A `.npy` file with an array of bytes, as the labels of a test set. */
export const uint8Npy = (shape: readonly number[], values: readonly number[]): Uint8Array =>
  npyFile(npyHeader('|u1', shape), Uint8Array.from(values))
