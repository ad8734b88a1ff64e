import { projections } from '@perigee/profile';
import type { PreprocessStep } from '@perigee/registry';
import { PerigeeError } from '../../error.ts';
import type { PipelineSource, Prepare } from '../compile-with.ts';
import { scalePixels } from '../pixels.ts';
import type { Pixels, Rgba, Scale } from '../pixels.ts';
import { IMAGE_STEPS, SCALES } from '../steps.ts';
import { decodeImage } from './decode.ts';
import { layoutPixels } from './layout.ts';
import { observeImage } from './observe-image.ts';
import { asPixels } from './on-white.ts';

type Projection = Extract<PreprocessStep, { op: 'project' }>;
type Step = (image: Pixels | Rgba) => Pixels;

/** @throws PerigeeError INVALID_MANIFEST naming the step that does not fit */
export function compileImage({ name, version, pipeline, signature }: PipelineSource): Prepare {
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

function misplaced(where: string, op: string, why: string): PerigeeError {
  return new PerigeeError('INVALID_MANIFEST', `${where} ("${op}"): ${why}.`);
}
