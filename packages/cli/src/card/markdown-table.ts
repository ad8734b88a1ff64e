/** A Markdown table. Characters that would end a cell or a row are escaped. */
export function markdownTable(
  head: readonly string[],
  body: readonly (readonly string[])[],
): string {
  return [head, head.map(() => '---'), ...body]
    .map((cells) => `| ${cells.map(escapeCell).join(' | ')} |`)
    .join('\n');
}

function escapeCell(cell: string): string {
  return cell.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');
}
