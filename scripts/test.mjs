// npm test                               runs every test
// npm test -- packages/ir -t reshape     arguments go to Vitest

import { pathToFileURL } from 'node:url'
import { setUp } from './setup.mjs'
import { root, tools } from './workspace.mjs'

setUp()
process.chdir(root)
process.argv = [process.execPath, tools.vitest, 'run', ...process.argv.slice(2)]
await import(pathToFileURL(tools.vitest).href)
