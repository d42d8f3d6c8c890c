/*
 * What people hand over instead of an ONNX file, by how it starts. Only asked once reading has failed.
 */

const startsWith = (bytes: Uint8Array, text: string): boolean =>
  text.length <= bytes.length && [...text].every((char, i) => bytes[i] === char.charCodeAt(0))

const signatures: readonly (readonly [start: string, what: string])[] = [
  ['version https://git-lfs', 'a Git LFS pointer; run "git lfs pull" to get the file itself'],
  ['PK\x03\x04', 'a zip archive (PyTorch .pt files are); export the model with torch.onnx.export'],
  ['\x80\x02', 'a Python pickle (old PyTorch files are); export the model with torch.onnx.export'],
  ['\x89HDF', 'an HDF5 file (Keras .h5 files are); convert it with tf2onnx'],
  ['\x1f\x8b', 'a gzip archive; unpack it first'],
  ['<', 'a web page or XML; was the download address right?'],
  ['{', 'JSON'],
]

const isPrintable = (byte: number): boolean =>
  (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d || byte === 9

const quoted = (bytes: Uint8Array): string =>
  JSON.stringify([...bytes.subarray(0, 24)].map((byte) => String.fromCharCode(byte)).join(''))

/** A sentence on what the file seems to be, or undefined where its start says nothing. */
export const describeStart = (bytes: Uint8Array): string | undefined => {
  const known = signatures.find(([start]) => startsWith(bytes, start))
  if (known) return `This is not an ONNX file: it starts with ${quoted(bytes)}, so it is ${known[1]}.`
  if (bytes.length > 0 && bytes.subarray(0, 64).every(isPrintable)) {
    return `This is not an ONNX file: it starts with the text ${quoted(bytes)}.`
  }
  return undefined
}
