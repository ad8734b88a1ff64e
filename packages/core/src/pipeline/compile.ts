import { projections } from '@perigee/profile';
import type { Manifest, PostprocessStep, PreprocessStep } from '@perigee/registry';
import { PerigeeError } from '../error.ts';
import { toNumbers } from '../dtypes.ts';
import { checkFeeds } from './input/validate-input.ts';
import type { Classification } from '../model-types.ts';
import type { WireInput } from '../rpc/protocol.ts';
import type { Tensor, Tensors } from '../tensor.ts';
import { decodeImage } from './image/decode.ts';
import { layoutPixels } from './image/layout.ts';
import { asPixels } from './image/on-white.ts';
import { observeImage } from './image/observe-image.ts';
import { sigmoid, softmax } from './output/softmax.ts';
import { decide, isProbability } from './output/threshold.ts';
import { topK } from './output/top-k.ts';
import { scalePixels } from './pixels.ts';
import type { Pixels, Rgba, Scale } from './pixels.ts';
import { IMAGE_STEPS, SCALES } from './steps.ts';
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

type Projection = Extract<PreprocessStep, { op: 'project' }>;
/** The fields of a manifest that a pipeline needs. */
export type PipelineSource = Pick<
  Manifest,
  'name' | 'version' | 'signature' | 'pipeline' | 'labels'
>;
type Step = (image: Pixels | Rgba) => Pixels;
type Prepare = (input: WireInput) => Promise<{ feeds: Tensors; features: Row }>;

/**
 * Compiles the pipeline of a manifest to functions, and checks its parameters.
 * @throws PerigeeError INVALID_MANIFEST naming the step that does not fit
 * @example
 * const { preprocess, needs, postprocess } = compilePipeline(manifest);
 * const { feeds } = await preprocess({ kind: 'record', values: { age: 31, income: 42_000 } });
 * const { output } = postprocess(await session.run(feeds, needs));
 */
export function compilePipeline(manifest: PipelineSource): CompiledPipeline {
  const { pipeline, signature, name, version } = manifest;
  const [first] = pipeline?.preprocess ?? [];
  const release = `${name}@${version}`;
  if (!pipeline || !first) {
    throw new PerigeeError('INVALID_MANIFEST', `${release}: the pipeline has no steps.`);
  }
  const isTabular = first.op === 'tabular';
  const tabular = isTabular ? compileTabular(pipeline, signature.inputs, release) : null;
  const prepare: Prepare = tabular ? async (value) => tabular(value) : compileImage(manifest);
  return {
    async preprocess(value) {
      const { feeds, features } = await prepare(value);
      return { feeds: checkFeeds(feeds, signature), features };
    },
    ...compileOutput(pipeline.postprocess, manifest),
  };
}

function compileImage({ name, version, pipeline, signature }: PipelineSource): Prepare {
  const [input] = signature.inputs;
  if (!input || signature.inputs.length !== 1) {
    throw new PerigeeError(
      'INVALID_MANIFEST',
      `${name}@${version}: a pipeline of images ` +
        `needs a model with one input; this has ${signature.inputs.length}.`,
    );
  }
  if (input.dtype !== 'float32') {
    throw new PerigeeError(
      'INVALID_MANIFEST',
      `${name}@${version}: a pipeline of images ` +
        `makes float32, but input "${input.name}" is ${input.dtype}.`,
    );
  }
  const all = pipeline?.preprocess.slice(1) ?? [];
  const steps = all.filter(({ op }) => op !== 'project');
  const watched = all.find((step): step is Projection => step.op === 'project');
  const where = (index: number): string => `${name}@${version}, pipeline.preprocess[${index + 1}]`;
  const before: Step[] = [];
  const after: Step[] = [];
  let layout: 'NCHW' | 'NHWC' | undefined;
  for (const [index, step] of steps.entries()) {
    if (layout) throw misplaced(where(index), step.op, '"layout" must be the last step');
    // Image statistics use the values before normalization, because people can interpret those.
    const list = step.op === 'normalize' || after.length > 0 ? after : before;
    if (step.op === 'layout') layout = step.to;
    else if (step.op in IMAGE_STEPS || step.op in SCALES) list.push(bind(step));
    else throw misplaced(where(index), step.op, 'it does not work on images');
  }
  const finalStep = steps.findLast(({ op }) => op !== 'layout');
  const last = after.length > 0 && finalStep ? scaleOf(finalStep) : undefined;
  // The layout copies the pixels anyway, and scales them in passing.
  if (last) after.pop();
  return async (given) => {
    if (given.kind !== 'image')
      throw new PerigeeError(
        'INVALID_INPUT',
        'The model takes an image: a canvas, ImageData, bitmap, Blob or { width, height, ' +
          `data }; got a ${given.kind === 'array' ? 'typed array' : given.kind}.`,
      );
    const decoded = await decodeImage(given.image);
    const seen = asPixels(before.reduce<Pixels | Rgba>((image, step) => step(image), decoded));
    // Before the other steps, which may change the pixels in place.
    const features = [
      ...observeImage(seen),
      ...(watched ? projections(seen.data, watched.count, watched.seed) : []),
    ];
    const pixels = after.reduce((image, step) => step(image), seen);
    return { feeds: { [input.name]: layoutPixels(pixels, layout ?? 'NCHW', last) }, features };
  };
}

function bind(step: PreprocessStep): Step {
  const scale = scaleOf(step);
  if (scale) return (image) => scalePixels(asPixels(image), scale);
  return (IMAGE_STEPS[step.op as keyof typeof IMAGE_STEPS] as (step: PreprocessStep) => Step)(step);
}

function scaleOf(step: PreprocessStep): Scale | undefined {
  if (!(step.op in SCALES)) return undefined;
  return (SCALES[step.op as keyof typeof SCALES] as (step: PreprocessStep) => Scale)(step);
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

function misplaced(where: string, op: string, why: string): PerigeeError {
  return new PerigeeError('INVALID_MANIFEST', `${where} ("${op}"): ${why}.`);
}
