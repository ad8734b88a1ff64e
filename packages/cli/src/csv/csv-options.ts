import type { DecimalMark } from './number.ts';

/** The parts of a CSV's format that the caller specifies. The rest is detected. */
export interface CsvOptions {
  /** The character between cells. */
  readonly csvDelimiter?: string;
  readonly csvDecimal?: DecimalMark;
  /** Name of the encoding, as TextDecoder accepts it. */
  readonly csvEncoding?: string;
}
