import { link, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { create, toBinary } from '@bufbuild/protobuf'
import {
  Conv2d,
  type ConvModule,
  deferredTensor,
  elementCount,
  encode,
  floatTensor,
  type Model,
  NnfuseError,
  readValues,
  replaceModules,
} from '@nnfuse/ir'
import { ModelProtoSchema, type TensorProto, TensorProto_DataLocation } from 'onnx-buf'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { modelFiles, readModel } from '../test/models.js'
import { graph, model, node, ramp, weights } from '../test/onnx-builder.js'
import { runOnnx } from '../test/run-onnx.js'
import { initializerTensors } from './index.js'
import { readOnnx, writeOnnx } from './node.js'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nnfuse-onnx-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const file = (name: string): string => join(folder, name)
const resnet = modelFiles.get('resnet18.torchscript') as string

const withOtherStem = (original: Model, weight: ConvModule['attrs']['weight']): Model => {
  const conv = original.root.children.get('conv1') as ConvModule
  return original.with(replaceModules(original.root, new Map([['conv1', Conv2d({ ...conv.attrs, weight })]])))
}

describe('reading', () => {
  test('what is no file', async () => {
    await expect(readOnnx(file('none.onnx'))).rejects.toMatchObject({
      code: 'NO_SUCH_FILE',
      hint: expect.any(String),
    })
    await expect(readOnnx(join(resnet, 'x.onnx'))).rejects.toMatchObject({ code: 'NO_SUCH_FILE' })
    await expect(readOnnx(folder)).rejects.toMatchObject({ code: 'IS_DIRECTORY' })
    await writeFile(file('empty.onnx'), '')
    await expect(readOnnx(file('empty.onnx'))).rejects.toMatchObject({ code: 'ONNX_EMPTY' })
    await writeFile(file('text.onnx'), '<html>')
    await expect(readOnnx(file('text.onnx'))).rejects.toMatchObject({ code: 'ONNX_MALFORMED' })
  })

  test('a file that changes before its weights are read is noticed', async () => {
    await writeFile(file('m.onnx'), readModel('resnet18.torchscript'))
    const original = await readOnnx(file('m.onnx'))
    await writeFile(file('m.onnx'), 'something else')
    await expect(writeOnnx(original, file('out.onnx'))).rejects.toMatchObject({ code: 'SOURCE_CHANGED' })
    expect(await readdir(folder)).toEqual(['m.onnx'])
  })
})

describe('writing', () => {
  test('an unchanged model is the same file', async () => {
    await writeOnnx(await readOnnx(resnet), file('out.onnx'))
    expect(Buffer.compare(await readFile(file('out.onnx')), readModel('resnet18.torchscript'))).toBe(0)
    expect(await readdir(folder)).toEqual(['out.onnx'])
  })

  test('new weights are computed and streamed, and the file that was there is replaced', async () => {
    await writeFile(file('out.onnx'), 'old')
    const source = floatTensor(ramp(4 * 3 * 49), [4, 3, 7, 7])
    const doubled = deferredTensor('float32', source.shape, [source], (bytes) =>
      encode(
        Array.from(new Float32Array(bytes.slice().buffer), (x) => 2 * x),
        'float32',
      ),
    )
    await writeOnnx(withOtherStem(await readOnnx(resnet), doubled), file('out.onnx'))
    const conv = (await readOnnx(file('out.onnx'))).root.children.get('conv1') as ConvModule
    expect(await readValues(conv.attrs.weight)).toEqual(
      Float32Array.from(ramp(4 * 3 * 49), (x) => 2 * Math.fround(x)),
    )
  })

  test('a failure on the way leaves nothing behind, and the old file as it was', async () => {
    await writeFile(file('out.onnx'), 'old')
    const broken = deferredTensor('float32', [4, 3, 7, 7], [], () => {
      throw new NnfuseError('BROKEN', 'no such luck')
    })
    const edited = withOtherStem(await readOnnx(resnet), broken)
    await expect(writeOnnx(edited, file('out.onnx'))).rejects.toMatchObject({ code: 'BROKEN' })
    expect(await readdir(folder)).toEqual(['out.onnx'])
    expect(await readFile(file('out.onnx'), 'utf8')).toBe('old')
  })

  test('the file that the model was read from is not written over, by whatever name', async () => {
    await writeFile(file('m.onnx'), readModel('resnet18.torchscript'))
    await symlink(file('m.onnx'), file('soft.onnx'))
    await link(file('m.onnx'), file('hard.onnx'))
    const original = await readOnnx(file('m.onnx'))
    for (const name of ['m.onnx', './m.onnx', 'soft.onnx', 'hard.onnx']) {
      await expect(writeOnnx(original, file(name))).rejects.toMatchObject({ code: 'OUTPUT_IS_INPUT' })
    }
    expect(Buffer.compare(await readFile(file('m.onnx')), readModel('resnet18.torchscript'))).toBe(0)
  })

  test('where no file can be', async () => {
    const original = await readOnnx(resnet)
    await expect(writeOnnx(original, folder)).rejects.toMatchObject({ code: 'IS_DIRECTORY' })
    await expect(writeOnnx(original, file('no/such/folder.onnx'))).rejects.toMatchObject({
      code: 'NO_SUCH_FILE',
    })
    await expect(writeOnnx(original, join(resnet, 'x.onnx'))).rejects.toMatchObject({ code: 'NO_SUCH_FILE' })
    await expect(writeOnnx(original, '/dev/null')).rejects.toMatchObject({ code: 'NOT_A_FILE' })
    expect(await readdir(folder)).toEqual([])
  })

  test('through a link, to where it leads', async () => {
    await mkdir(file('elsewhere'))
    await writeFile(file('elsewhere/real.onnx'), 'old')
    await symlink(file('elsewhere/real.onnx'), file('link.onnx'))
    await writeOnnx(await readOnnx(resnet), file('link.onnx'))
    expect((await readFile(file('elsewhere/real.onnx'))).length).toBe(
      readModel('resnet18.torchscript').length,
    )
  })
})

describe('weights in other files', () => {
  const values = ramp(5000)

  const external = (
    entries: Readonly<Record<string, string>>,
    dims: readonly number[] = [5000],
  ): TensorProto => ({
    ...weights('w', 0),
    dims: dims.map(BigInt),
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: Object.entries(entries).map(([key, value]) => ({
      $typeName: 'onnx.StringStringEntryProto' as const,
      key,
      value,
    })),
  })

  const write = async (one: TensorProto): Promise<string> => {
    const { rawData: _, ...rest } = one
    await writeFile(
      file('m.onnx'),
      model({
        nodes: [node('Add', ['x', 'w'], ['y'])],
        initializers: [rest as TensorProto],
        inputs: { x: [1] },
        outputs: { y: [elementCount(one.dims.map(Number))] },
      }),
    )
    return file('m.onnx')
  }

  const data = async (name: string, before = 0): Promise<void> => {
    const bytes = new Uint8Array(before + 20_000)
    bytes.set(encode(values, 'float32'), before)
    await writeFile(file(name), bytes)
  }

  test('are read from there, and written into the model', async () => {
    await data('m.data', 64)
    const original = await readOnnx(
      await write(external({ location: 'm.data', offset: '64', length: '20000' })),
    )
    const [w] = initializerTensors(original).values()
    expect(w?.storage.type).toBe('slice')
    await writeOnnx(original, file('out.onnx'))
    await rm(file('m.data'))
    const { y } = await runOnnx(await readFile(file('out.onnx')), { x: { dims: [1], values: [0] } })
    expect(y?.values).toEqual(Array.from(Float32Array.from(values)))
  })

  test('are not written over', async () => {
    await data('m.data')
    const original = await readOnnx(await write(external({ location: 'm.data' })))
    await expect(writeOnnx(original, file('m.data'))).rejects.toMatchObject({ code: 'OUTPUT_IS_INPUT' })
  })

  test('may lie in a folder below', async () => {
    await mkdir(file('weights'))
    await data('weights/m.data')
    await expect(readOnnx(await write(external({ location: 'weights/m.data' })))).resolves.toBeDefined()
  })

  test.each([
    ['is missing', { location: 'none.data' }, 'does not exist'],
    ['is elsewhere', { location: '../m.data' }, 'not in the folder'],
    ['is elsewhere, in a detour', { location: 'weights/../../m.data' }, 'not in the folder'],
    ['is anywhere', { location: '/etc/hostname' }, 'not in the folder'],
    ['is the folder itself', { location: '.' }, 'not in the folder'],
    ['is behind a link', { location: 'link.data' }, 'not in the folder'],
    ['is too short', { location: 'm.data', offset: '1' }, 'should end at byte'],
    ['has a strange offset', { location: 'm.data', offset: '-1' }, 'has the offset "-1"'],
    ['has no name', { offset: '0' }, 'nothing says which'],
  ])('that %s', async (_, entries, message) => {
    await data('m.data')
    await symlink(resnet, file('link.data'))
    await expect(readOnnx(await write(external(entries)))).rejects.toMatchObject({
      code: 'ONNX_EXTERNAL_DATA',
      path: 'w',
      message: expect.stringContaining(message),
    })
  })

  test('of another length than the shape says', async () => {
    await data('m.data')
    const entries = { location: 'm.data', length: '4000' }
    await expect(readOnnx(await write(external(entries)))).rejects.toMatchObject({ code: 'ONNX_TENSOR_SIZE' })
  })

  test('in a model from memory need an option', async () => {
    const { importOnnx } = await import('./index.js')
    const bytes = await readFile(await write(external({ location: 'm.data' })))
    await expect(importOnnx(bytes)).rejects.toMatchObject({
      code: 'ONNX_EXTERNAL_DATA',
      hint: expect.stringContaining('openExternal'),
    })
  })

  test('an unknown field of the model survives a change', async () => {
    const bytes = toBinary(
      ModelProtoSchema,
      create(ModelProtoSchema, {
        irVersion: 8n,
        opsetImport: [{ version: 17n }],
        metadataProps: [{ key: 'author', value: 'somebody' }],
        graph: graph({ nodes: [node('Relu', ['x'], ['y'])], inputs: { x: [1] }, outputs: { y: [1] } }),
      }),
    )
    await writeFile(file('m.onnx'), Uint8Array.from([...bytes, 0xfa, 0x3f, 0x01, 0x2a]))
    await writeOnnx(await readOnnx(file('m.onnx')), file('out.onnx'))
    expect(Buffer.compare(await readFile(file('out.onnx')), await readFile(file('m.onnx')))).toBe(0)
  })
})
