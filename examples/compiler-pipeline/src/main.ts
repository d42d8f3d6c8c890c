import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readOnnx } from '@nnfuse/onnx/node'
import { compile } from './compile.js'
import { toExecutable } from './executable.js'
import { formatProgram } from './format-program.js'

/* node dist/main.js model.onnx folder      compiles for one picture at a time, and writes the shaders into the folder */

const [file = '', folder = 'out'] = process.argv.slice(2)
const { root } = await readOnnx(file)
const sizes = { batch: 1 }
const say = (text: string): void => void process.stdout.write(`${text}\n`)
const { program } = compile(root, sizes)
say(formatProgram('unfused', compile(root, sizes, 'unfused').program))
say(`\n${formatProgram('fused', program)}`)

await mkdir(folder, { recursive: true })
const { dispatches } = await toExecutable(program)
for (const { label, code } of dispatches) await writeFile(join(folder, `${label}.wgsl`), code)
say(`\n${dispatches.length} shaders are in ${folder}`)
