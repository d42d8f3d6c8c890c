import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const folders = [join(import.meta.dirname, 'models'), join(import.meta.dirname, '../../../examples/models')]

/** The ONNX files that real exporters wrote, by name. */
export const modelFiles: ReadonlyMap<string, string> = new Map(
  folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.onnx'))
      .map((name): [string, string] => [name.slice(0, -'.onnx'.length), join(folder, name)]),
  ),
)

/** The bytes of a model by its name, `resnet18.torchscript`. */
export const readModel = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(modelFiles.get(name) as string))
