/** The separator of a file's cells, and the line of its header. */
export interface Dialect {
  readonly separator: string;
  readonly headerLine: number;
}

/**
 * Separators in order of preference. A comma in a file with semicolons is usually a decimal mark.
 */
const SEPARATORS = [';', '\t', '|', ','] as const;
const MAX_LINES = 20;

/**
 * Finds the separator from the beginning of a file: the first one that occurs outside quotes
 * equally often in every line. A first line `sep=;`, which Excel writes, decides it.
 */
export function detectDialect(head: string): Dialect {
  const [, declared] = /^sep=(.)\r?\n/i.exec(head) ?? [];
  if (declared !== undefined) return { separator: declared, headerLine: 2 };
  const lines = unquotedLines(head);
  const counts = SEPARATORS.map((separator) => ({
    separator,
    perLine: lines.map((line) => line.split(separator).length - 1),
  }));
  const present = counts.filter(({ perLine }) => (perLine[0] ?? 0) > 0);
  const regular = present.find(({ perLine }) => perLine.every((count) => count === perLine[0]));
  const [most] = present.toSorted((a, b) => (b.perLine[0] ?? 0) - (a.perLine[0] ?? 0));
  return { separator: (regular ?? most)?.separator ?? ',', headerLine: 1 };
}

/** The first lines, without quoted text. */
function unquotedLines(head: string): string[] {
  const unquoted = head.replaceAll(/"(?:[^"]|"")*(?:"|$)/g, '');
  const lines = unquoted.split(/\r\n|\n|\r/);
  // The last line may be cut off.
  const whole = lines.length > 1 ? lines.slice(0, -1) : lines;
  return whole.filter((line) => line.trim() !== '').slice(0, MAX_LINES);
}
