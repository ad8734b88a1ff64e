import { LIMITS } from '@perigee/registry';
import { CommandError } from '../../command.ts';
import { vocabularyOf, wordCells } from '../../csv/word-cells.ts';
import type { CsvTable } from '../../csv/read-csv.ts';

interface Filled {
  readonly pipeline: unknown;
  /** A sentence about each generated vocabulary. */
  readonly notes: readonly string[];
}

const SHOWN = 12;

/**
 * Adds the vocabularies that the steps `index` and `one-hot` omit, from the training rows. The
 * parser reports other faults of the pipeline.
 * @throws CommandError when there are no training rows, or the column has no words or too many
 */
export function fillWords(pipeline: unknown, csv: CsvTable | undefined, path: string): Filled {
  const notes: string[] = [];
  if (!isObject(pipeline) || !Array.isArray(pipeline['preprocess'])) return { pipeline, notes };
  const preprocess = (pipeline['preprocess'] as unknown[]).map((step) => {
    if (!isObject(step) || step['words'] !== undefined) return step;
    const { op, feature } = step;
    if ((op !== 'index' && op !== 'one-hot') || typeof feature !== 'string') return step;
    const words = wordsOf(feature, csv, path);
    const shown = words
      .slice(0, SHOWN)
      .map((word) => `"${word}"`)
      .join(', ');
    const more = words.length > SHOWN ? ` and ${words.length - SHOWN} more` : '';
    notes.push(
      `${csv?.path}: "${feature}" has ${words.length} words, in this order: ${shown}${more}. ` +
        'They are published with the release.',
    );
    return { ...step, words };
  });
  return { pipeline: { ...pipeline, preprocess }, notes };
}

function wordsOf(feature: string, csv: CsvTable | undefined, path: string): readonly string[] {
  if (!csv) {
    throw new CommandError(
      `${path}: the step for "${feature}" has no "words". Write them there, ` +
        'or give the training rows to take them from: --reference train.csv',
    );
  }
  const values = wordCells(csv, feature, null);
  if (!values) {
    throw new CommandError(
      `${csv.path} has no column "${feature}", whose words ${path} needs. ` +
        `It has: ${csv.columns.join(', ')}.`,
    );
  }
  const words = vocabularyOf(values);
  if (words.length === 0) {
    throw new CommandError(
      `${csv.path}: column "${feature}" has no value in any row, so there are ` +
        `no words of it. Fill the column, or write "words" in ${path}.`,
    );
  }
  if (words.length <= LIMITS.words) return words;
  throw new CommandError(
    `${csv.path}: column "${feature}" has ${words.length} different words; a vocabulary ` +
      `has at most ${LIMITS.words}. Take the feature out if it names single rows, or write the ` +
      `words that matter as "words" in ${path}.`,
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
