#!/usr/bin/env node
// Committed, so that package managers can link the command before the first build.

import { existsSync } from 'node:fs'
import * as nodeModule from 'node:module'

nodeModule.enableCompileCache?.() // Node 22.1 and later

// What is published holds the command in one file, which starts several times faster, and no sources. Where those
// are, the bundle is being packed at most, and may be of yesterday.
const inCheckout = existsSync(new URL('../src/main.ts', import.meta.url))
const bundle = new URL('../bundle/main.js', import.meta.url)
await (inCheckout || !existsSync(bundle) ? import('../dist/main.js') : import(bundle.href))
