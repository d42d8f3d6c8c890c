export { type Blocks, leadingChannels, transposedChannels } from './blocks.js'
export { scaleBlocks } from './scale-blocks.js'
