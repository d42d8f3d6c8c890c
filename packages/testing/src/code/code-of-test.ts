import type { LawOnExample, Settings } from '../law.js'
import { unusualSettings } from '../settings.js'
import { codeOfModel } from './code-of-model.js'
import { codeOfString } from './code-of-value.js'
import { importsOf, strangersIn } from './names-in-code.js'

const codeOfSettings = (settings: Pick<Settings, 'seed' | 'tolerance'>): string => {
  const parts = unusualSettings(settings).map(([name, value]) => `${name}: ${value}`)
  return parts.length === 0 ? '' : `, { ${parts.join(', ')} }`
}

const codeOfQuestion = ({ rule, law, inputs, applies, prints }: LawOnExample): string[] => [
  `rule: ${codeOfString(rule)}`,
  `law: ${codeOfString(law)}`,
  'model',
  `inputs: [${inputs.map((shape) => `[${shape.join(', ')}]`).join(', ')}]`,
  ...(applies === undefined ? [] : [`applies: ${applies}`]),
  ...(prints === undefined ? [] : [`prints: ${codeOfString(prints)}`]),
]

const importLine = (names: readonly string[], from: string): string =>
  `import { ${names.join(', ')} } from '${from}'\n`

/**
 * A test in TypeScript that checks a law on one model, with what it imports. What it calls `plugin` and `test` is for
 * whoever pastes it to have.
 */
export const codeOfTest = async (
  question: LawOnExample,
  settings: Pick<Settings, 'seed' | 'tolerance'>,
): Promise<string> => {
  const model = await codeOfModel(question.model)
  const strangers = [...strangersIn(question.model)].map(
    ([name, kind]) => `  const ${name} = kindOf(plugin, ${codeOfString(kind)})\n`,
  )
  const kit = strangers.length === 0 ? ['checkExample'] : ['checkExample', 'kindOf', 'layerOf']
  const imports = importLine(importsOf(model), '@nnfuse/ir') + importLine(kit, '@nnfuse/testing')
  const body = [
    ...strangers,
    `  const model = ${model.replaceAll('\n', '\n  ')}\n`,
    `  await checkExample(plugin, { ${codeOfQuestion(question).join(', ')} }${codeOfSettings(settings)})\n`,
  ]
  const name = codeOfString(`${question.rule}: ${question.law}`)
  return `${imports}\ntest(${name}, async () => {\n${body.join('')}})`
}
