import type { Manifest, PostprocessStep } from '@perigee/registry';
import { toNumbers } from '../dtypes.ts';
import { PerigeeError } from '../error.ts';
import type { Classification } from '../model-types.ts';
import type { WireInput } from '../rpc/protocol.ts';
import type { Tensor, Tensors } from '../tensor.ts';
import { checkFeeds } from './input/validate-input.ts';
import { sigmoid, softmax } from './output/softmax.ts';
import { decide, isProbability } from './output/threshold.ts';
import { topK } from './output/top-k.ts';
import { compileTabular } from './tabular/compile-tabular.ts';
import type { Row } from './tabular/decode-row.ts';

/** The part of an answer that telemetry counts: a label and its score, or a regression's number. */
export type Observed =
  | { readonly labelIndex: number; readonly score: number }
  | { readonly value: number };

/** A manifest's pipeline with checked parameters, ready to be called. */
export interface CompiledPipeline {
  /**
   * Converts input to feeds. `features` has the values before scaling, in the units that people
   * know: one per feature of a row (null where missing), or the statistics of an image. A "project"
   * step adds random projections to the statistics of an image, and replaces the values of a row.
   * @throws PerigeeError INVALID_INPUT
   */
  preprocess(input: WireInput): Promise<{ feeds: Tensors; features: Row }>;
  /** Names of the outputs that `postprocess` reads; the others need not be computed. */
  readonly needs: readonly string[];
  /**
   * Converts the session's outputs to the answer: a classification, or a tensor.
   * @throws PerigeeError INFERENCE_FAILED for an output that is missing, NaN or no probability
   */
  postprocess(outputs: Tensors): { output: Classification | Tensor; observed: Observed | null };
}

/** The fields of a manifest that a pipeline needs. */
export type PipelineSource = Pick<
  Manifest,
  'name' | 'version' | 'signature' | 'pipeline' | 'labels'
>;
/** Converts input to feeds and features, before the feeds are checked. */
export type Prepare = (input: WireInput) => Promise<{ feeds: Tensors; features: Row }>;

/**
 * Compiles a pipeline of records. Code that opens no images imports this instead of
 * `compilePipeline`.
 * @throws PerigeeError INVALID_MANIFEST naming the step that does not fit
 */
export function compileRecords(manifest: PipelineSource): CompiledPipeline {
  const { pipeline, signature, name, version } = manifest;
  if (!pipeline) throw hasNoSteps(manifest);
  const tabular = compileTabular(pipeline, signature.inputs, `${name}@${version}`);
  return compileWith(manifest, async (value) => tabular(value));
}

/**
 * Compiles what follows the first steps: the check of the feeds, and the answer.
 * @throws PerigeeError INVALID_MANIFEST
 */
export function compileWith(manifest: PipelineSource, prepare: Prepare): CompiledPipeline {
  const { pipeline, signature } = manifest;
  return {
    async preprocess(value) {
      const { feeds, features } = await prepare(value);
      return { feeds: checkFeeds(feeds, signature), features };
    },
    ...compileOutput(pipeline?.postprocess ?? [], manifest),
  };
}

export function hasNoSteps({ name, version }: PipelineSource): PerigeeError {
  return new PerigeeError('INVALID_MANIFEST', `${name}@${version}: the pipeline has no steps.`);
}

function compileOutput(
  steps: readonly PostprocessStep[],
  manifest: PipelineSource,
): Pick<CompiledPipeline, 'needs' | 'postprocess'> {
  const labels = manifest.labels ?? [];
  const [defaultOutput] = manifest.signature.outputs;
  for (const { tensor } of steps) {
    if (tensor !== undefined && !manifest.signature.outputs.some(({ name }) => name === tensor)) {
      throw new PerigeeError(
        'INVALID_MANIFEST',
        `${manifest.name}@${manifest.version}: postprocess names output "${tensor}"; there ` +
          `is: ${manifest.signature.outputs.map(({ name }) => name).join(', ')}.`,
      );
    }
  }
  const positive = positiveLabel(steps, manifest);
  const name =
    steps.find(({ tensor }) => tensor !== undefined)?.tensor ?? defaultOutput?.name ?? '';
  const postprocess: CompiledPipeline['postprocess'] = (outputs) => {
    const tensor = outputs[name];
    if (!tensor) throw new PerigeeError('INFERENCE_FAILED', `The model gave no output "${name}".`);
    if (steps.length === 0) return { output: tensor, observed: observeValue(tensor) };
    let scores = scoresOf(tensor, name);
    for (const step of steps) {
      if (step.op === 'softmax') scores = softmax(scores);
      else if (step.op === 'sigmoid') scores = sigmoid(scores);
      else {
        if (step.op === 'threshold') checkProbability(scores, name);
        const { labelIndex, ...output } =
          step.op === 'top-k'
            ? topK(scores, step.k, labels)
            : decide(scores[0] ?? Number.NaN, step.threshold, positive, labels);
        if (Number.isNaN(output.score))
          throw new PerigeeError(
            'INFERENCE_FAILED',
            `The model answered with NaN in output "${name}", so there is no best label. ` +
              'Look for NaN or infinite values in the input.',
          );
        return { output, observed: { labelIndex, score: output.score } };
      }
    }
    const output: Tensor = {
      dtype: 'float32',
      shape: tensor.shape,
      data: Float32Array.from(scores),
    };
    return { output, observed: observeValue(output) };
  };
  return { needs: [name], postprocess };
}

/** The index of the label that a threshold step calls positive; 0 without such a step. */
function positiveLabel(
  steps: readonly PostprocessStep[],
  { name, version, labels = [] }: PipelineSource,
): number {
  const step = steps.find(({ op }) => op === 'threshold');
  if (step?.op !== 'threshold') return 0;
  const place = labels.indexOf(step.positive);
  if (labels.length === 2 && place >= 0) return place;
  throw new PerigeeError(
    'INVALID_MANIFEST',
    `${name}@${version}: "threshold" needs two labels, ` +
      `and "${step.positive}" as one of them; there are: ${labels.join(', ') || 'none'}.`,
  );
}

/** Checks that "threshold" gets one probability. NaN passes: the caller reports it later. */
function checkProbability(scores: ArrayLike<number>, name: string): void {
  if (scores.length !== 1) {
    throw new PerigeeError(
      'INFERENCE_FAILED',
      `Output "${name}" has ${scores.length} numbers, ` +
        'and "threshold" takes one. For a score a label, end the pipeline in "top-k".',
    );
  }
  const score = scores[0] ?? Number.NaN;
  if (Number.isNaN(score) || isProbability(score)) return;
  throw new PerigeeError(
    'INFERENCE_FAILED',
    `Output "${name}" is ${score}, which is not a probability ` +
      'from 0 to 1. If the model gives logits, the pipeline needs "sigmoid" before "threshold".',
  );
}

/** Converts values of any dtype to numbers. Decodes float16, and rounds 64-bit integers. */
function scoresOf({ dtype, data }: Tensor, name: string): ArrayLike<number> {
  if (dtype === 'float32' || dtype === 'float64') return data as Float32Array;
  if (dtype === 'string')
    throw new PerigeeError(
      'INFERENCE_FAILED',
      `Output "${name}" is text, which has no scores. Name another output in the pipeline.`,
    );
  return toNumbers(dtype, data) as readonly number[];
}

/** The number of a regression, whose output has one value; null for other outputs. */
function observeValue({ dtype, data }: Tensor): Observed | null {
  const [value] = data.length === 1 ? toNumbers(dtype, data) : [];
  return typeof value === 'number' ? { value } : null;
}
