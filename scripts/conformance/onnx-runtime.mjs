// ONNX Runtime, which the examples depend on. Its types are those of a package that is not found from here.

import { createRequire } from 'node:module'

/**
 * @typedef {{ type: string, dims: readonly number[], data: ArrayLike<number | bigint | string> }} OrtTensor
 * @typedef {{
 *   inputNames: string[],
 *   outputNames: string[],
 *   run: (feeds: Record<string, OrtTensor | undefined>) => Promise<Record<string, OrtTensor>>,
 *   release: () => Promise<void>,
 * }} Session
 */

const ort = createRequire(new URL('../../examples/package.json', import.meta.url))('onnxruntime-node')

/** @type {{ create: (bytes: Uint8Array, options: object) => Promise<Session> }} */
export const InferenceSession = ort.InferenceSession

/** @type {new (type: string, data: ArrayLike<number | bigint | string>, dims: readonly number[]) => OrtTensor} */
export const Tensor = ort.Tensor

export const version = String(ort.env.versions.node)
