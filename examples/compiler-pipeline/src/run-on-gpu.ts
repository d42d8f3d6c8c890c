import type { Executable } from './executable.js'

// TypeScript's types of browsers have no such constants yet.
declare const GPUBufferUsage: Readonly<Record<'MAP_READ' | 'COPY_SRC' | 'COPY_DST' | 'STORAGE', number>>
declare const GPUMapMode: Readonly<Record<'READ', number>>

export interface GpuRun {
  readonly program: Executable
  /** Numbers of each input of the model. */
  readonly inputs: readonly (readonly number[])[]
}

/**
 * Runs a program by WebGPU, in a browser. Refers to nothing outside of itself, so that it can be sent to a page.
 *
 * @returns the buffers in which the outputs lie
 * @throws Error where there is no WebGPU, or it refuses a shader
 */
export const runOnGpu = async ({ program, inputs }: GpuRun): Promise<number[][]> => {
  const adapter = await navigator.gpu.requestAdapter()
  if (adapter === null) throw new Error('no WebGPU adapter')
  const device = await adapter.requestDevice()
  device.pushErrorScope('validation')

  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC
  const allocate = (size: number): GPUBuffer => device.createBuffer({ size: size * 4, usage })
  const upload = (buffer: GPUBuffer, values: readonly number[]): GPUBuffer => {
    device.queue.writeBuffer(buffer, 0, Float32Array.from(values))
    return buffer
  }
  const buffers = program.buffers.map(allocate)
  const bufferAt = (place: number): GPUBuffer => buffers[place] as GPUBuffer
  for (const [i, place] of program.inputs.entries()) upload(bufferAt(place), inputs[i] ?? [])

  const commands = device.createCommandEncoder()
  for (const { label, code, workgroups, inputs: read, weights, output } of program.dispatches) {
    const module = device.createShaderModule({ label, code })
    const [problem] = (await module.getCompilationInfo()).messages
    if (problem !== undefined) throw new Error(`${label}:${problem.lineNum}: ${problem.message}`)
    const pipeline = device.createComputePipeline({ label, layout: 'auto', compute: { module } })
    const constants = weights.map((values) => upload(allocate(values.length), values))
    const bound = [...read.map(bufferAt), ...constants, bufferAt(output)]
    const entries = bound.map((buffer, binding) => ({ binding, resource: { buffer } }))
    const pass = commands.beginComputePass({ label })
    pass.setPipeline(pipeline)
    pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }))
    pass.dispatchWorkgroups(workgroups)
    pass.end()
  }
  const readBack = program.outputs.map((place) => {
    const { size } = bufferAt(place)
    const copy = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST })
    commands.copyBufferToBuffer(bufferAt(place), 0, copy, 0, size)
    return copy
  })
  device.queue.submit([commands.finish()])
  const error = await device.popErrorScope()
  if (error !== null) throw new Error(error.message)

  const results: number[][] = []
  for (const copy of readBack) {
    await copy.mapAsync(GPUMapMode.READ)
    results.push(Array.from(new Float32Array(copy.getMappedRange())))
  }
  device.destroy()
  return results
}
