import { definePlugin, type Plugin } from '@nnfuse/pass-manager'
import { rules } from './rules.js'
import { Scale } from './scale.js'

export { Scale } from './scale.js'

/** The default export makes the plugin. Options that it is to have are its argument. */
const plugin = (): Plugin => definePlugin({ name: '{{name}}', kinds: [Scale], rules })

export default plugin
