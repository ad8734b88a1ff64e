import type { Signature, TensorSignature } from '@perigee/registry';
import type { Tf } from './backend.ts';
import { explain } from './errors.ts';
import type { OpenedModel, TfTensor } from './opened-model.ts';
import { isTfDtype, unsupportedDtype } from './tensors.ts';

/** The model is not tried with inputs of more values than this. */
const MAX_VALUES = 2 ** 22;
/**
 * Sizes for free dimensions other than the batch, tried in order. A network that downsamples images
 * needs a minimum size.
 */
const SIZES = [1, 16, 64];

/**
 * Runs a model once on zeros. This shows at opening which kernel a backend lacks. It also gives the
 * element types of the outputs, and the ranks that the file leaves open.
 * @throws PerigeeError UNSUPPORTED_OPERATOR, UNSUPPORTED_MODEL
 */
export async function dryRun(tf: Tf, model: OpenedModel): Promise<Signature> {
  const { inputs, outputs } = model.signature;
  const names = outputs.map(({ name }) => name);
  for (const size of SIZES) {
    if (inputs.some((input) => valuesIn(sizes(input, size)) > MAX_VALUES)) break;
    let feeds: Readonly<Record<string, TfTensor>> = {};
    let results: readonly TfTensor[] = [];
    try {
      feeds = Object.fromEntries(
        inputs
          .filter(({ optional }) => !optional)
          .map((input) => [input.name, zeros(tf, input, sizes(input, size))]),
      );
      results = await model.execute(feeds, names);
      return {
        inputs,
        outputs: outputs.map((output, i) => corrected(output, results[i] as TfTensor, inputs)),
      };
    } catch (error) {
      // The model may not accept zeros of made-up sizes, so ignore other errors. A missing kernel
      // does not depend on them.
      const { code } = explain(error, 'run', '', 'cpu');
      if (code === 'UNSUPPORTED_OPERATOR' || code === 'UNSUPPORTED_MODEL') throw error;
    } finally {
      for (const tensor of [...Object.values(feeds), ...results])
        if (!tensor.isDisposed && !model.keeps(tensor)) tensor.dispose();
    }
    if (!inputs.some(isFree)) break;
  }
  return model.signature;
}

/** Takes dtype and rank from the result: TensorFlow.js has fewer element types than the file. */
function corrected(
  output: TensorSignature,
  result: TfTensor,
  inputs: readonly TensorSignature[],
): TensorSignature {
  const { name, shape, rank } = output;
  if (!isTfDtype(result.dtype)) throw unsupportedDtype(name, result.dtype);
  // With another rank of the input, the output may have another rank, too.
  if (rank === 'unknown' && inputs.some((input) => input.rank === 'unknown'))
    return { name, dtype: result.dtype, shape: [], rank };
  const fits = rank !== 'unknown' && shape.length === result.shape.length;
  return { name, dtype: result.dtype, shape: fits ? shape : result.shape.map(() => null) };
}

function sizes({ shape, rank }: TensorSignature, size: number): number[] {
  if (rank === 'unknown') return [size];
  return shape.map((wanted, axis) => (typeof wanted === 'number' ? wanted : axis === 0 ? 1 : size));
}

function isFree({ shape, rank }: TensorSignature): boolean {
  return rank === 'unknown' || shape.some((size, axis) => axis > 0 && typeof size !== 'number');
}

function zeros(tf: Tf, { dtype }: TensorSignature, shape: number[]): TfTensor {
  return dtype === 'string' ? tf.fill(shape, '', 'string') : tf.zeros(shape, dtype as 'float32');
}

function valuesIn(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
