export { swiglu as default } from '../swiglu/plugin.js'
