import { type Kernel, type Layout, mostBlocks, windowSize } from './kernel.js'
import { scaleWasm } from './scale-wasm.js'

/*
 * WebAssembly without the DOM's types: a package that runs everywhere has neither those nor Node's.
 */

type ScaleBlocks = (at: number, end: number, first: number, block: number) => void

interface ScaleExports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly float32: ScaleBlocks
  readonly float16: ScaleBlocks
  readonly bfloat16: ScaleBlocks
}

interface Engine {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: unknown }
}

const scope = globalThis as {
  readonly WebAssembly?: Engine
  readonly atob?: (text: string) => string
}

const inWindow =
  (scale: ScaleBlocks) =>
  ({ length, first, block }: Layout): void =>
    scale(0, length, first, block)

/**
 * The kernel in WebAssembly with its vector instructions, for factors that are float32; undefined where there is no
 * WebAssembly, it lacks them, or a page's security policy forbids it.
 */
export const wasmKernel = (): Kernel | undefined => {
  const { WebAssembly: engine, atob } = scope
  if (engine === undefined || atob === undefined) return undefined
  try {
    const bytes = Uint8Array.from(atob(scaleWasm), (character) => character.charCodeAt(0))
    const { memory, float32, float16, bfloat16 } = new engine.Instance(new engine.Module(bytes))
      .exports as ScaleExports
    return {
      window: new Uint8Array(memory.buffer, 0, windowSize),
      factors: new Float32Array(memory.buffer, windowSize, mostBlocks),
      scale: { float32: inWindow(float32), float16: inWindow(float16), bfloat16: inWindow(bfloat16) },
    }
  } catch {
    return undefined
  }
}
