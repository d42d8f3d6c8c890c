import { lossesOf } from './losses-of.js'

Object.assign(globalThis, { lossesOf })
