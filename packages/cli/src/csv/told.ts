import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import type { DecimalMark } from './number.ts';

/** The parts of a CSV's format that the caller specifies. The rest is detected. */
export interface CsvTold {
  /** The character between cells. */
  readonly csvDelimiter?: string;
  readonly csvDecimal?: DecimalMark;
  /** Name of the encoding, as TextDecoder accepts it. */
  readonly csvEncoding?: string;
}

const NAMED: Readonly<Record<string, string>> = {
  comma: ',',
  semicolon: ';',
  tab: '\t',
  '\\t': '\t',
  pipe: '|',
  space: ' ',
};
const MARKS: Readonly<Record<string, DecimalMark>> = { '.': '.', point: '.', ',': ',', comma: ',' };

export function addCsvOptions(command: Command): Command {
  const between = 'what separates cells of the CSV: ",", ";", tab, … (default: found out)';
  const mark = 'decimal mark of the CSV, "." or "," (default: found out)';
  const bytes =
    'encoding of the CSV, as windows-1252 (default: UTF-8, or UTF-16 with a byte order mark)';
  return command
    .option('--csv-delimiter <character>', between, delimiter)
    .option('--csv-decimal <mark>', mark, decimal)
    .option('--csv-encoding <name>', bytes, encoding);
}

function delimiter(text: string): string {
  const character = NAMED[text.toLowerCase()] ?? text;
  if (character.length === 1 && !/["\r\n]/.test(character)) return character;
  throw new InvalidArgumentError(
    'expected one character, or comma, semicolon, tab, pipe or space.',
  );
}

function decimal(text: string): DecimalMark {
  const mark = MARKS[text.toLowerCase()];
  if (mark) return mark;
  throw new InvalidArgumentError('expected "." or ",".');
}

function encoding(text: string): string {
  try {
    return new TextDecoder(text).encoding;
  } catch {
    throw new InvalidArgumentError(
      'expected an encoding like utf-8, utf-16le, windows-1252 or shift_jis.',
    );
  }
}
