import { elementCount } from '@nnfuse/ir'
import type { EpilogueStep, KernelAttrs } from './kernel.js'

/** Elements that are computed together: what WebGPU's documents advise where nothing is known of the device. */
export const workgroupSize = 64

const epilogueCode: Readonly<Record<EpilogueStep, string>> = {
  add: 'value += other[i];',
  relu: 'value = max(value, 0.0);',
}

/** A kernel as a shader. Bindings: its inputs, its weights, its output. */
export const emitWgsl = ({ weights, body, epilogue, shape }: KernelAttrs): string => {
  const inputs = epilogue.includes('add') ? ['x', 'other'] : ['x']
  const read = [...inputs, ...Object.keys(weights)].map((name) => `var<storage, read> ${name}`)
  const bindings = [...read, 'var<storage, read_write> result'].map(
    (variable, i) => `@group(0) @binding(${i}) ${variable}: array<f32>;`,
  )
  const ending = [...epilogue.map((step) => epilogueCode[step]), 'result[i] = value;']
  return `${bindings.join('\n')}

@compute @workgroup_size(${workgroupSize})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = i32(id.x);
  if (i >= ${elementCount(shape)}) { return; }${body}
  ${ending.join('\n  ')}
}
`
}
