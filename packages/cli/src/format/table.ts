/** Which side a column's text is pushed to. */
export type Align = 'left' | 'right'

/** One line of a table. */
export type Row = readonly string[]

const gap = '  '

const widthsOf = (rows: readonly Row[]): number[] => {
  const columns = rows.reduce((most, row) => Math.max(most, row.length), 0)
  return Array.from({ length: columns }, (_, i) =>
    rows.reduce((width, row) => Math.max(width, row[i]?.length ?? 0), 0),
  )
}

const pad = (text: string, width: number, align: Align): string =>
  align === 'right' ? text.padStart(width) : text.padEnd(width)

/**
 * Lines with aligned columns, two spaces apart.
 *
 * @param aligns of the columns, in order; left where there is none
 */
export const alignRows = (rows: readonly Row[], aligns: readonly Align[] = []): string[] => {
  const widths = widthsOf(rows)
  return rows.map((row) =>
    row
      .map((text, i) => pad(text, widths[i] ?? 0, aligns[i] ?? 'left'))
      .join(gap)
      .trimEnd(),
  )
}

export const indent = (lines: readonly string[], by: string = gap): string[] =>
  lines.map((line) => (line === '' ? '' : by + line))

/** The text, or its beginning where it is wider than there is room. */
export const shorten = (text: string, width: number): string => {
  const letters = [...text]
  return letters.length <= width ? text : `${letters.slice(0, Math.max(width - 1, 0)).join('')}…`
}

/** Breaks text into lines at spaces; a longer word keeps its line. */
export const wrap = (text: string, width: number): string[] => {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (longer.length > width && line !== '') {
      lines.push(line)
      line = word
    } else line = longer
  }
  return [...lines, line]
}

/** Characters that would move the cursor or end the line, made visible: names come from strangers' files. */
export const visible = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
  text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (char) => {
    return `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
  })
