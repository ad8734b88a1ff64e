import type { Manifest } from '@perigee/registry';
import type { Prediction } from 'perigee';
import { CommandError } from '../command.ts';

/** How answers of a model are compared with truths: as one of some classes, or as a number. */
export interface AnswerReader {
  readonly kind: 'classes' | 'number';
  answer(output: Prediction['output']): string;
  /** @throws CommandError when the truths of a column cannot be what the model answers */
  checkTruths(truths: readonly string[], where: string): void;
}

/** By the manifest: labels or `top-k` make classes. */
export function answerReader({ name, version, labels, pipeline }: Manifest): AnswerReader {
  const ranked = pipeline?.postprocess.some(({ op }) => op === 'top-k') ?? false;
  if (!ranked && !labels) return { kind: 'number', answer: (output) => theNumber(output, `${name}@${version}`), checkTruths: checkNumbers };
  return {
    kind: 'classes',
    answer: (output) => ('label' in output ? output.label : bestLabel(output, labels ?? [], `${name}@${version}`)),
    checkTruths(truths, where) {
      // A class that the model never learnt is a mistake of the model; when all are unknown, it is one of the column.
      if (!labels || truths.length === 0 || truths.some((truth) => labels.includes(truth))) return;
      throw new CommandError(`${where}: the model answers ${some(labels)}, and none of them stands there, but ${some([...new Set(truths)])}. Write the truth as the label, or name another column with --label.`);
    },
  };
}

function theNumber(output: Prediction['output'], release: string): string {
  const data = 'label' in output ? [] : output.data;
  if (data.length !== 1) throw new CommandError(`${release} answers ${data.length} numbers a row and has no labels, so it is neither a classifier nor a regression of one number. Pack it with --labels, or evaluate it in a script with perigee.load().`);
  return String(data[0]);
}

/** Of scores that no step ranks. */
function bestLabel(output: Exclude<Prediction['output'], { label: string }>, labels: readonly string[], release: string): string {
  const scores = Array.from(output.data as ArrayLike<unknown>, Number);
  if (scores.length !== labels.length) throw new CommandError(`${release} has ${labels.length} labels, and its pipeline ends in ${scores.length} numbers a row. Let it end in "top-k".`);
  return labels[scores.reduce((best, score, i) => (score > (scores[best] ?? 0) ? i : best), 0)] ?? '';
}

function checkNumbers(truths: readonly string[], where: string): void {
  const wrong = truths.find((truth) => !Number.isFinite(Number(truth)));
  if (wrong !== undefined) throw new CommandError(`${where}: the model answers a number, and "${wrong}" is none. Pack it with --labels if it tells classes apart.`);
}

function some(names: readonly string[]): string {
  return `${names.slice(0, 5).map((name) => `"${name}"`).join(', ')}${names.length > 5 ? ', …' : ''}`;
}
