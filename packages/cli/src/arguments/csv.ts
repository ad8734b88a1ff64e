import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import type { DecimalMark } from '../csv/number.ts';

const DELIMITERS: Readonly<Record<string, string>> = {
  comma: ',',
  semicolon: ';',
  tab: '\t',
  '\\t': '\t',
  pipe: '|',
  space: ' ',
};
const DECIMAL_MARKS: Readonly<Record<string, DecimalMark>> = {
  '.': '.',
  point: '.',
  ',': ',',
  comma: ',',
};

/** Adds the options of `CsvOptions` to a command that reads CSV files. */
export function withCsv(command: Command): Command {
  return command
    .option(
      '--csv-delimiter <character>',
      'character between cells of the CSV: ",", ";", tab, … (default: detected)',
      delimiter,
    )
    .option(
      '--csv-decimal <mark>',
      'decimal mark of the CSV, "." or "," (default: detected)',
      decimalMark,
    )
    .option(
      '--csv-encoding <name>',
      'encoding of the CSV, like windows-1252 (default: UTF-8, or UTF-16 with a byte order mark)',
      encoding,
    );
}

function delimiter(text: string): string {
  const character = DELIMITERS[text.toLowerCase()] ?? text;
  if (character.length === 1 && !/["\r\n]/.test(character)) return character;
  throw new InvalidArgumentError(
    'expected one character, or comma, semicolon, tab, pipe or space.',
  );
}

function decimalMark(text: string): DecimalMark {
  const mark = DECIMAL_MARKS[text.toLowerCase()];
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
