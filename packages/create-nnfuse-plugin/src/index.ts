export { type CreatedPlugin, type CreatePluginOptions, createPlugin } from './create-plugin.js'
