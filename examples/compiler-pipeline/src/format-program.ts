import type { ModuleOf } from '@nnfuse/ir'
import { kernelAttrs } from './kernel.js'
import type { Program } from './program.js'

/** The kernels, one a line, with what they write. */
export const formatProgram = (title: string, program: ModuleOf<typeof Program>): string => {
  const { steps, buffers } = program.attrs
  const kernels = steps.map(({ kernel, output }) => {
    const { name, shape } = kernelAttrs(program.children.get(kernel))
    return { kernel, name, written: `${shape.join('x')} to buffer ${output}` }
  })
  const [pathWidth, nameWidth] = (['kernel', 'name'] as const).map((column) =>
    Math.max(...kernels.map((kernel) => kernel[column].length)),
  ) as [number, number]
  const lines = kernels.map(
    ({ kernel, name, written }) => `  ${kernel.padEnd(pathWidth)}  ${name.padEnd(nameWidth)}  ${written}`,
  )
  const kilobytes = (buffers.reduce((sum, size) => sum + size, 0) * 4) / 1000
  const summary = `${kernels.length} kernels, ${buffers.length} buffers of ${kilobytes.toFixed(1)} kB`
  return [`${title}: ${summary}`, ...lines].join('\n')
}
