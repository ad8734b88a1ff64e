import type { Manifest } from '@perigee/registry';
import type { Prediction } from 'perigee';
import { CommandError } from '../command.ts';
import type { TruthKind } from '../csv/truths.ts';
import { labelOutputOf } from '../pack/measure-loss.ts';

/** How answers of a model are compared with truths: as one of some classes, or as a number. */
export interface AnswerReader extends TruthKind {
  answer(output: Prediction['output']): string;
}

/** By the manifest: labels or `top-k` make classes. */
export function answerReader(manifest: Manifest): AnswerReader {
  const { name, version, labels, pipeline } = manifest;
  const ranked = pipeline?.postprocess.some(({ op }) => op === 'top-k') ?? false;
  if (!ranked && !labels) {
    return { kind: 'number', answer: (output) => theNumber(output, `${name}@${version}`) };
  }
  return {
    kind: 'classes',
    labels: labels ?? placesOf(manifest),
    answer: (output) => ('label' in output ? output.label : bestLabel(output, labels ?? [], `${name}@${version}`)),
  };
}

/** Without labels, `top-k` answers with the places of the scores: "0", "1" … */
function placesOf({ pipeline, signature }: Manifest): readonly string[] | undefined {
  const name = labelOutputOf(pipeline, signature);
  const count = signature.outputs.find((output) => output.name === name)?.shape.at(-1);
  return typeof count === 'number' ? Array.from({ length: count }, (_, i) => String(i)) : undefined;
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
