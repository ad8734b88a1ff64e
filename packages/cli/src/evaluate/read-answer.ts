import type { Manifest } from '@perigee/registry';
import type { Prediction } from 'perigee';
import { CommandError } from '../command.ts';
import type { GroundTruthKind } from '../csv/ground-truths.ts';
import { labelOutputOf } from '../pack/variants/measure-loss.ts';

/** How predictions are compared with the ground truth: as classes or as numbers. */
export interface AnswerReader extends GroundTruthKind {
  answer(output: Prediction['output']): string;
}

/** Chooses by the manifest: labels or `top-k` mean classes. */
export function answerReader(manifest: Manifest): AnswerReader {
  const { name, version, labels, pipeline } = manifest;
  const ranked = pipeline?.postprocess.some(({ op }) => op === 'top-k') ?? false;
  if (!ranked && !labels) {
    return { kind: 'number', answer: (output) => theNumber(output, `${name}@${version}`) };
  }
  return {
    kind: 'classes',
    labels: labels ?? placesOf(manifest),
    answer: (output) =>
      'label' in output ? output.label : bestLabel(output, labels ?? [], `${name}@${version}`),
  };
}

/**
 * Class names of a model without labels, for which `top-k` returns the index of the score: "0", "1"
 * …
 */
function placesOf({ pipeline, signature }: Manifest): readonly string[] | undefined {
  const name = labelOutputOf(pipeline, signature)?.name;
  const count = signature.outputs.find((output) => output.name === name)?.shape.at(-1);
  return typeof count === 'number' ? Array.from({ length: count }, (_, i) => String(i)) : undefined;
}

function theNumber(output: Prediction['output'], release: string): string {
  const data = 'label' in output ? [] : output.data;
  if (data.length !== 1)
    throw new CommandError(
      `${release} answers ${data.length} numbers a row and has no labels, so it is neither a ` +
        'classifier nor a regression of one number. Pack it with --labels, or evaluate it in a ' +
        'script with perigee.load().',
    );
  return String(data[0]);
}

/** The label with the highest score, for pipelines that do not rank scores. */
function bestLabel(
  output: Exclude<Prediction['output'], { label: string }>,
  labels: readonly string[],
  release: string,
): string {
  const scores = Array.from(output.data as ArrayLike<unknown>, Number);
  if (scores.length !== labels.length)
    throw new CommandError(
      `${release} has ${labels.length} labels, and its pipeline ends in ` +
        `${scores.length} numbers a row. Let it end in "top-k".`,
    );
  return (
    labels[scores.reduce((best, score, i) => (score > (scores[best] ?? 0) ? i : best), 0)] ?? ''
  );
}
