import { projections } from '@perigee/profile';
import type { Manifest, PostprocessStep, PreprocessStep, TensorSignature } from '@perigee/registry';
import { PerigeeError } from '../error.ts';
import { toNumbers } from '../inference/dtypes.ts';
import { checkFeeds } from '../inference/validate-input.ts';
import type { Classification } from '../model-types.ts';
import type { WireInput } from '../rpc/protocol.ts';
import type { Tensor, Tensors } from '../tensor.ts';
import { decodeImage } from './image/decode.ts';
import { layoutPixels } from './image/layout.ts';
import { observeImage } from './image/observe-image.ts';
import { sigmoid, softmax } from './output/softmax.ts';
import { topK } from './output/top-k.ts';
import type { Pixels } from './pixels.ts';
import { IMAGE_STEPS, VECTOR_STEPS } from './steps.ts';
import { decodeRow, imputeRow } from './tabular/decode-row.ts';

/** What is counted of an answer: a label and its score, or the one number a regression gives. */
export type Observed = { readonly labelIndex: number; readonly score: number } | { readonly value: number };

/** A manifest's pipeline, its parameters checked, ready to be called. */
export interface CompiledPipeline {
  /** `features`: what a human calls the inputs, before scaling; null where missing. */
  preprocess(input: WireInput): Promise<{ feeds: Tensors; features: (number | null)[] }>;
  /** Outputs that `postprocess` takes; the others need not be computed. */
  readonly needs: readonly string[];
  postprocess(outputs: Tensors): { output: Classification | Tensor; observed: Observed | null };
}

type Projection = Extract<PreprocessStep, { op: 'project' }>;
type Prepare = (input: WireInput) => Promise<{ tensor: Tensor; features: (number | null)[] }>;

/** @throws PerigeeError INVALID_MANIFEST naming the step that does not fit */
export function compilePipeline(manifest: Manifest): CompiledPipeline {
  const { pipeline, signature } = manifest;
  const [input] = signature.inputs;
  const [first, ...all] = pipeline?.preprocess ?? [];
  const steps = all.filter(({ op }) => op !== 'project');
  const watched = all.find((step) => step.op === 'project');
  if (!pipeline || !first || !input || signature.inputs.length !== 1) {
    throw new PerigeeError('INVALID_MANIFEST', `${manifest.name}@${manifest.version}: a pipeline needs a model with one input; this has ${signature.inputs.length}.`);
  }
  if (input.dtype !== 'float32') throw new PerigeeError('INVALID_MANIFEST', `${manifest.name}@${manifest.version}: a pipeline makes float32, but input "${input.name}" is ${input.dtype}.`);
  const where = (index: number): string => `${manifest.name}@${manifest.version}, pipeline.preprocess[${index + 1}]`;
  const prepare = first.op === 'tabular' ? compileTabular(first.features, steps, input, where, watched) : compileImage(steps, where, watched);
  return {
    async preprocess(value) {
      const { tensor, features } = await prepare(value);
      return { feeds: checkFeeds({ [input.name]: tensor }, signature), features };
    },
    ...compileOutput(pipeline.postprocess, manifest),
  };
}

function compileImage(steps: readonly PreprocessStep[], where: (index: number) => string, watched: Projection | undefined): Prepare {
  const before: ((image: Pixels) => Pixels)[] = [];
  const after: ((image: Pixels) => Pixels)[] = [];
  let layout: 'NCHW' | 'NHWC' | undefined;
  for (const [index, step] of steps.entries()) {
    if (layout) throw misplaced(where(index), step.op, '"layout" must be the last step');
    // Statistics are of the values a human would recognise: before they are normalized.
    const list = step.op === 'normalize' || after.length > 0 ? after : before;
    if (step.op === 'layout') layout = step.to;
    else if (step.op in IMAGE_STEPS) list.push((IMAGE_STEPS[step.op as keyof typeof IMAGE_STEPS] as (step: PreprocessStep) => (image: Pixels) => Pixels)(step));
    else throw misplaced(where(index), step.op, 'it does not work on images');
  }
  return async (input) => {
    if (input.kind !== 'image') throw new PerigeeError('INVALID_INPUT', `The model takes an image: a canvas, ImageData, bitmap, Blob or { width, height, data }; got a ${input.kind === 'array' ? 'typed array' : input.kind}.`);
    const seen = before.reduce((image, step) => step(image), await decodeImage(input.image));
    const pixels = after.reduce((image, step) => step(image), seen);
    return { tensor: layoutPixels(pixels, layout ?? 'NCHW'), features: [...observeImage(seen), ...(watched ? projections(seen.data, watched.count, watched.seed) : [])] };
  };
}

function compileTabular(features: readonly string[], steps: readonly PreprocessStep[], { name, shape }: TensorSignature, where: (index: number) => string, watched: Projection | undefined): Prepare {
  const width = shape.at(-1);
  if (typeof width === 'number' && width !== features.length) throw new PerigeeError('INVALID_MANIFEST', `${where(-1)} names ${features.length} features, but input "${name}" takes ${width}.`);
  let values: readonly number[] | null = null;
  const transforms: ((row: Float32Array) => Float32Array)[] = [];
  for (const [index, step] of steps.entries()) {
    const parameters = step.op === 'standardize' ? [step.mean, step.std] : step.op === 'impute' ? [step.values] : [];
    if (parameters.some((list) => list.length !== features.length)) throw misplaced(where(index), step.op, `its lists must have ${features.length} numbers, one a feature`);
    if (step.op === 'impute' && transforms.length === 0) ({ values } = step);
    else if (step.op in VECTOR_STEPS) transforms.push((VECTOR_STEPS[step.op as keyof typeof VECTOR_STEPS] as (step: PreprocessStep) => (row: Float32Array) => Float32Array)(step));
    else throw misplaced(where(index), step.op, step.op === 'impute' ? 'it must come before scaling' : 'it does not work on a row of numbers');
  }
  return async (input) => {
    const row = decodeRow(input, features);
    const data = transforms.reduce((vector, step) => step(vector), imputeRow(row, values, features));
    return { tensor: { dtype: 'float32', shape: [1, data.length], data }, features: watched ? projections(row, watched.count, watched.seed) : row };
  };
}

function compileOutput(steps: readonly PostprocessStep[], manifest: Manifest): Pick<CompiledPipeline, 'needs' | 'postprocess'> {
  const labels = manifest.labels ?? [];
  const [defaultOutput] = manifest.signature.outputs;
  for (const { tensor } of steps) {
    if (tensor !== undefined && !manifest.signature.outputs.some(({ name }) => name === tensor)) {
      throw new PerigeeError('INVALID_MANIFEST', `${manifest.name}@${manifest.version}: postprocess names output "${tensor}"; there is: ${manifest.signature.outputs.map(({ name }) => name).join(', ')}.`);
    }
  }
  const name = steps.find(({ tensor }) => tensor !== undefined)?.tensor ?? defaultOutput?.name ?? '';
  const postprocess: CompiledPipeline['postprocess'] = (outputs) => {
    const tensor = outputs[name];
    if (!tensor) throw new PerigeeError('INFERENCE_FAILED', `The model gave no output "${name}".`);
    if (steps.length === 0) return { output: tensor, observed: observeValue(tensor) };
    let scores = scoresOf(tensor, name);
    for (const step of steps) {
      if (step.op === 'softmax') scores = softmax(scores);
      else if (step.op === 'sigmoid') scores = sigmoid(scores);
      else {
        const { labelIndex, ...output } = topK(scores, step.k, labels);
        if (Number.isNaN(output.score)) throw new PerigeeError('INFERENCE_FAILED', `The model answered with NaN in output "${name}", so there is no best label. Look for NaN or infinite values in the input.`);
        return { output, observed: { labelIndex, score: output.score } };
      }
    }
    const output: Tensor = { dtype: 'float32', shape: tensor.shape, data: Float32Array.from(scores) };
    return { output, observed: observeValue(output) };
  };
  return { needs: [name], postprocess };
}

/** Numbers of any dtype: float16 decoded, 64-bit integers as numbers. */
function scoresOf({ dtype, data }: Tensor, name: string): ArrayLike<number> {
  if (dtype === 'float32' || dtype === 'float64') return data as Float32Array;
  if (dtype === 'string') throw new PerigeeError('INFERENCE_FAILED', `Output "${name}" is text, of which no scores can be made. Name another output in the pipeline.`);
  return toNumbers(dtype, data) as readonly number[];
}

/** The one number that a regression answers. */
function observeValue({ dtype, data }: Tensor): Observed | null {
  const [value] = data.length === 1 ? toNumbers(dtype, data) : [];
  return typeof value === 'number' ? { value } : null;
}

function misplaced(where: string, op: string, why: string): PerigeeError {
  return new PerigeeError('INVALID_MANIFEST', `${where} ("${op}"): ${why}.`);
}
