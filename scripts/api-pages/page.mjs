// The page of what can be imported from an entry of a package.

/** @typedef {import('./exports-of.mjs').Exported} Exported */
/** @typedef {import('./exports-of.mjs').Tag} Tag */

const titles = /** @type {Readonly<Record<string, string>>} */ ({
  throws: 'Throws',
  returns: 'Gives',
  deprecated: 'Deprecated',
  see: 'See',
})

/** @param {Tag} tag */
const tagText = ({ name, text }) => {
  if (name === 'example') return text.startsWith('```') ? text : `For example: ${text}`
  if (name === 'param') return `\`${text.split(' ')[0]}\`: ${text.split(' ').slice(1).join(' ')}`
  return `${titles[name] ?? name}: ${text}`
}

/** @param {Exported} exported */
const section = ({ name, declarations, comment, tags }) =>
  [
    `### ${name}`,
    ...(comment === '' ? [] : [comment]),
    `\`\`\`ts\n${declarations.join('\n\n')}\n\`\`\``,
    ...tags.filter(({ text }) => text !== '').map(tagText),
  ].join('\n\n')

/** @param {string} title @param {readonly Exported[]} all */
const part = (title, all) => (all.length === 0 ? [] : [`## ${title}`, ...all.map(section)])

/**
 * @param {{ specifier: string, description: string, readme: string }} entry
 * @param {readonly Exported[]} all
 */
export const apiPage = ({ specifier, description, readme }, all) =>
  `${[
    `# ${specifier}`,
    '<!-- Written by `node scripts/api-pages.mjs --write`, from the comments in the sources. -->',
    `${description}. [Its README](${readme}) says more.`,
    ...part(
      'Values',
      all.filter(({ isType }) => !isType),
    ),
    ...part(
      'Types',
      all.filter(({ isType }) => isType),
    ),
  ].join('\n\n')}\n`

/** @param {readonly { specifier: string, description: string, file: string, count: number }[]} rows */
export const apiIndex = (rows) => `# What can be imported

<!-- Written by \`node scripts/api-pages.mjs --write\`, from the comments in the sources. -->

Each page has what an entry of a package exports, with its type and the comment above it: what it does, shapes and
units, the errors it throws. Errors are \`NnfuseError\` with a \`code\`.

| import | names | |
|---|---:|---|
${rows.map(({ specifier, file, count, description }) => `| [\`${specifier}\`](${file}) | ${count} | ${description} |`).join('\n')}
`
