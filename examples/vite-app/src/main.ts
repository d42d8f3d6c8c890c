import { isNnfuseError } from '@nnfuse/ir'
import exampleUrl from '../../models/shapes.onnx?url'
import { fuseFile } from './fuse-file.js'
import { runBoth } from './run-both.js'
import { showResult } from './show-result.js'

const byId = <E extends HTMLElement>(id: string): E => document.getElementById(id) as E

const say = (text: string, failed = false): void => {
  const status = byId('status')
  status.textContent = text
  status.className = failed ? 'failed' : ''
}

/** What went wrong, and what to do about it where nnfuse knows. */
const explain = (error: unknown): string => {
  if (isNnfuseError(error)) return [error.code, error.message, error.hint].filter(Boolean).join(': ')
  return error instanceof Error ? error.message : String(error)
}

const take = async (file: Blob, name: string): Promise<void> => {
  byId('result').replaceChildren()
  try {
    say(`Fusing ${name}`)
    const fused = await fuseFile(file)
    say(`Running ${name} and what it became`)
    const found = await runBoth(new Uint8Array(await file.arrayBuffer()), fused.bytes).catch(explain)
    byId('result').replaceChildren(showResult(fused, name, found))
    say(`${name}: ${fused.before.layers} layers became ${fused.after.layers}`)
  } catch (error) {
    say(explain(error), true)
  }
}

const takeFirst = (files: FileList | null | undefined): void => {
  const file = files?.[0]
  if (file !== undefined) void take(file, file.name)
}

byId<HTMLInputElement>('file').addEventListener('change', ({ currentTarget }) =>
  takeFirst((currentTarget as HTMLInputElement).files),
)
byId('example').addEventListener('click', async () =>
  take(await (await fetch(exampleUrl)).blob(), 'shapes.onnx'),
)

const drop = byId('drop')
drop.addEventListener('dragover', (event) => {
  event.preventDefault() // else the browser opens what is dropped
  drop.classList.add('over')
})
drop.addEventListener('dragleave', () => drop.classList.remove('over'))
drop.addEventListener('drop', (event) => {
  event.preventDefault()
  drop.classList.remove('over')
  takeFirst(event.dataTransfer?.files)
})
