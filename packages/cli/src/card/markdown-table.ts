/** A Markdown table. Characters that would end a cell or a row are escaped. */
export function markdownTable(
  head: readonly string[],
  body: readonly (readonly string[])[],
): string {
  return [head, head.map(() => '---'), ...body]
    .map(
      (cells) =>
        '| ' +
        `${cells.map((cell) => cell.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')).join(' | ')} |`,
    )
    .join('\n');
}
