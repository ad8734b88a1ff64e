import type { Signature, TensorSignature } from '@perigee/registry';
import { PerigeeError } from '../../error.ts';
import type { WireInput } from '../../rpc/protocol.ts';
import type { Tensor, Tensors } from '../../tensor.ts';
import { describe, mismatch, show } from './input-faults.ts';
import { isTensor, plainTensor, toTensor } from './to-tensor.ts';

/**
 * Checks feeds against the signature. Every required input must be there, and no unknown one.
 * Dtype, rank and fixed sizes must be as declared. Free dimensions of one name must have one size.
 * The number of values must match the shape.
 * @returns the same object, or a copy where data had to be converted
 * @throws PerigeeError INVALID_INPUT naming the input, what came and what was expected
 */
export function checkFeeds(feeds: Tensors, signature: Signature): Tensors {
  if (
    typeof feeds !== 'object' ||
    feeds === null ||
    Array.isArray(feeds) ||
    ArrayBuffer.isView(feeds)
  ) {
    throw new PerigeeError(
      'INVALID_INPUT',
      `run() takes tensors by name, each { dtype, shape, data }; got ${describe(feeds)}. The ` +
        `model takes: ${signature.inputs.map(show).join(', ')}.`,
    );
  }
  checkNames(Object.keys(feeds), signature);
  const sizes = new Map<string, { readonly size: number; readonly input: string }>();
  const checked: Record<string, Tensor> = {};
  let isSame = true;
  for (const expected of signature.inputs) {
    const given = Object.hasOwn(feeds, expected.name) ? feeds[expected.name] : undefined;
    if (given === undefined && expected.optional) continue;
    const tensor = plainTensor(given as Tensor, expected);
    checkTensor(tensor, expected, sizes);
    checked[expected.name] = tensor;
    isSame &&= tensor === given;
  }
  return isSame ? feeds : checked;
}

/**
 * Checks the names of the outputs that a caller wants.
 * @returns undefined for null, which means all outputs
 * @throws PerigeeError INVALID_INPUT naming the outputs there are
 */
export function checkOutputs(
  wanted: readonly string[] | null,
  { outputs }: Signature,
): readonly string[] | undefined {
  if (wanted === null) return undefined;
  const names = outputs.map(({ name }) => name);
  const unknown = Array.isArray(wanted) ? wanted.filter((name) => !names.includes(name)) : ['?'];
  if (unknown.length === 0 && wanted.length > 0) return wanted;
  throw new PerigeeError(
    'INVALID_INPUT',
    'run({ outputs }) takes a list of output ' +
      `names${unknown.length > 0 ? `; there is no "${unknown.join('", "')}"` : ', and it is empty'}. ` +
      `The model gives: ${outputs.map(show).join(', ')}.`,
    { details: { unknown } },
  );
}

/**
 * Converts the `predict()` input of a model without a pipeline to feeds. The input is a record of
 * values by name, or the value of the only input. to-tensor.ts lists the kinds of values.
 * @throws PerigeeError INVALID_INPUT
 */
export function feedsFromInput(input: WireInput, signature: Signature): Tensors {
  const values = namedValues(input, signature);
  checkNames(Object.keys(values), signature);
  const feeds: Record<string, Tensor> = {};
  for (const expected of signature.inputs) {
    const value = Object.hasOwn(values, expected.name) ? values[expected.name] : undefined;
    if (value !== undefined || !expected.optional) feeds[expected.name] = toTensor(value, expected);
  }
  return checkFeeds(feeds, signature);
}

function namedValues(input: WireInput, signature: Signature): Readonly<Record<string, unknown>> {
  const has = (name: string): boolean => signature.inputs.some((one) => one.name === name);
  if (input.kind === 'array') return { [soleInput(signature).name]: input.data };
  if (input.kind === 'list') return { [soleInput(signature).name]: input.values };
  if (input.kind === 'record') {
    const isBare = isTensor(input.values) && !(has('dtype') && has('shape') && has('data'));
    return isBare ? { [soleInput(signature).name]: input.values } : input.values;
  }
  const { image } = input;
  // A model may have inputs that are called width, height and data.
  if (image.kind === 'pixels' && has('width') && has('height') && has('data')) {
    return { ...image.more, width: image.width, height: image.height, data: image.data };
  }
  throw new PerigeeError(
    'INVALID_INPUT',
    'This model has no pipeline that turns an image into tensors. Pass them by name: { ' +
      `${signature.inputs.map(show).join(', ')} }; or pack the model with a pipeline.`,
  );
}

function soleInput({ inputs }: Signature): TensorSignature {
  const needed = inputs.filter(({ optional }) => !optional);
  const [only] = needed.length > 0 ? needed : inputs;
  if (only && (needed.length || inputs.length) === 1) return only;
  throw new PerigeeError(
    'INVALID_INPUT',
    `The model has ${inputs.length} inputs; pass them by name: { ${inputs.map(show).join(', ')} }.`,
  );
}

function checkNames(names: readonly string[], { inputs }: Signature): void {
  if (isComplete(names, inputs)) return;
  const unknown = names.filter((name) => !inputs.some((input) => input.name === name));
  const missing = inputs
    .filter(({ name, optional }) => !optional && !names.includes(name))
    .map(({ name }) => name);
  const said = [
    missing.length > 0 &&
      'missing ' +
        `input${missing.length > 1 ? 's' : ''} ${missing.map((name) => `"${name}"`).join(', ')}`,
    unknown.length > 0 &&
      'unknown ' +
        `input${unknown.length > 1 ? 's' : ''} ${unknown.map((name) => `"${name}"`).join(', ')}`,
  ].filter(Boolean);
  throw new PerigeeError(
    'INVALID_INPUT',
    `${said.join('; ')}. The model takes: ${inputs.map(show).join(', ')}.`,
    { details: { missing, unknown } },
  );
}

/** Whether these are the names of all inputs, but for optional ones. */
function isComplete(names: readonly string[], inputs: readonly TensorSignature[]): boolean {
  let known = 0;
  for (const { name, optional } of inputs)
    if (names.includes(name)) known += 1;
    else if (!optional) return false;
  return known === names.length;
}

function checkTensor(
  tensor: Tensor,
  expected: TensorSignature,
  sizes: Map<string, { readonly size: number; readonly input: string }>,
): void {
  let count = 1;
  for (const size of tensor.shape) {
    if (!Number.isSafeInteger(size) || size < 0)
      throw mismatch(expected, textOf(tensor), 'Sizes are whole numbers from 0 up.');
    count *= size;
  }
  const isScalar = expected.shape.length === 0 && count === 1;
  // Runtimes take one value of any rank for a scalar.
  if (!isScalar && expected.rank !== 'unknown') checkSizes(tensor, expected, sizes);
  if (tensor.data.length !== count)
    throw mismatch(
      expected,
      `${textOf(tensor)} with ${tensor.data.length} values`,
      `That shape has ${count} values.`,
    );
}

function checkSizes(
  tensor: Tensor,
  expected: TensorSignature,
  sizes: Map<string, { readonly size: number; readonly input: string }>,
): void {
  const rank = expected.shape.length;
  const refuse = (mend: string): PerigeeError => mismatch(expected, textOf(tensor), mend);
  if (tensor.shape.length !== rank)
    throw refuse(`It needs ${rank} dimension${rank === 1 ? '' : 's'}.`);
  for (let axis = 0; axis < rank; axis += 1) {
    const size = tensor.shape[axis] as number;
    const wanted = expected.shape[axis];
    if (typeof wanted === 'number' && size !== wanted)
      throw refuse(`Dimension ${axis} must be ${wanted}.`);
    if (typeof wanted !== 'string') continue;
    const before = sizes.get(wanted);
    if (before && before.size !== size)
      throw refuse(
        `"${wanted}" is ${before.size} in input "${before.input}" and ${size} here; they ` +
          'must be equal.',
      );
    if (!before) sizes.set(wanted, { size, input: expected.name });
  }
}

function textOf({ dtype, shape }: Tensor): string {
  return `${dtype} [${shape.join(', ')}]`;
}
