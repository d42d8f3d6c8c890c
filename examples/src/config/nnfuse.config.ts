import { defineConfig } from '@nnfuse/cli'
import { scale } from '../scale/plugin.js'

export default defineConfig({
  plugins: [
    scale(), // a plugin itself
    './swiglu.ts', // a file beside this one
    // 'nnfuse-plugin-squared-relu', a package
    // ['nnfuse-plugin-squared-relu', { depthwise: true }], a package with options
  ],
  defaults: true, // nnfuse's own plugins come first; false leaves them out
})
