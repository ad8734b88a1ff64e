import type { Signature, TensorSignature } from '@perigee/registry';
import { PerigeeError } from '../error.ts';
import type { WireInput } from '../rpc/protocol.ts';
import type { Tensor, TensorData, Tensors } from '../tensor.ts';
import { ARRAYS, fromValues } from './dtypes.ts';

/**
 * Feeds checked against the signature: every input there and no other, dtype, rank and sizes as declared, equal names of free dimensions
 * of equal size, as many values as the shape says.
 * @throws PerigeeError INVALID_INPUT naming the input, what came and what was expected
 */
export function checkFeeds(feeds: Tensors, signature: Signature): Tensors {
  checkNames(Object.keys(feeds), signature);
  const sizes = new Map<string, { readonly size: number; readonly input: string }>();
  for (const expected of signature.inputs) {
    const tensor = feeds[expected.name];
    if (tensor === undefined && expected.optional) continue;
    if (typeof tensor !== 'object' || tensor === null || !Array.isArray(tensor.shape) || tensor.data === undefined) {
      throw mismatch(expected, describe(tensor), 'Pass { dtype, shape, data }.');
    }
    checkTensor(tensor, expected, sizes);
  }
  return feeds;
}

/**
 * Names of outputs that a caller wants; undefined: all.
 * @throws PerigeeError INVALID_INPUT naming those there are
 */
export function checkOutputs(wanted: readonly string[] | null, { outputs }: Signature): readonly string[] | undefined {
  if (wanted === null) return undefined;
  const names = outputs.map(({ name }) => name);
  const unknown = Array.isArray(wanted) ? wanted.filter((name) => !names.includes(name)) : ['?'];
  if (unknown.length === 0 && wanted.length > 0) return wanted;
  throw new PerigeeError('INVALID_INPUT', `run({ outputs }) takes a list of output names${unknown.length > 0 ? `; there is no "${unknown.join('", "')}"` : ', and it is empty'}. The model gives: ${outputs.map(show).join(', ')}.`, { details: { unknown } });
}

/**
 * `predict()` input of a model without pipeline → feeds. A typed array takes its shape from the signature; numbers and lists of numbers
 * become the input's dtype.
 * @throws PerigeeError INVALID_INPUT
 */
export function feedsFromInput(input: WireInput, signature: Signature): Tensors {
  if (input.kind === 'image') {
    throw new PerigeeError('INVALID_INPUT', `This model has no pipeline that turns an image into tensors. Pass them by name: { ${signature.inputs.map(show).join(', ')} }; or pack the model with a pipeline.`);
  }
  const values = input.kind === 'record' ? input.values : { [soleInput(signature).name]: input.kind === 'array' ? input.data : input.values };
  checkNames(Object.keys(values), signature);
  const feeds: Record<string, Tensor> = {};
  for (const expected of signature.inputs) {
    const value = values[expected.name];
    if (value !== undefined || !expected.optional) feeds[expected.name] = toTensor(value, expected);
  }
  return checkFeeds(feeds, signature);
}

function soleInput({ inputs }: Signature): TensorSignature {
  const needed = inputs.filter(({ optional }) => !optional);
  const [only] = needed.length > 0 ? needed : inputs;
  if (only && (needed.length || inputs.length) === 1) return only;
  throw new PerigeeError('INVALID_INPUT', `The model has ${inputs.length} inputs; pass them by name: { ${inputs.map(show).join(', ')} }.`);
}

function checkNames(names: readonly string[], { inputs }: Signature): void {
  const expected = inputs.map(({ name }) => name);
  const unknown = names.filter((name) => !expected.includes(name));
  const missing = inputs.filter(({ name, optional }) => !optional && !names.includes(name)).map(({ name }) => name);
  if (missing.length === 0 && unknown.length === 0) return;
  const said = [
    missing.length > 0 && `missing input${missing.length > 1 ? 's' : ''} ${missing.map((name) => `"${name}"`).join(', ')}`,
    unknown.length > 0 && `unknown input${unknown.length > 1 ? 's' : ''} ${unknown.map((name) => `"${name}"`).join(', ')}`,
  ].filter(Boolean);
  throw new PerigeeError('INVALID_INPUT', `${said.join('; ')}. The model takes: ${inputs.map(show).join(', ')}.`, { details: { missing, unknown } });
}

function toTensor(value: unknown, expected: TensorSignature): Tensor {
  if (isTensor(value)) return value;
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return { dtype: expected.dtype, shape: solveShape(expected, (value as Float32Array).length, value), data: value as unknown as TensorData } as Tensor;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string') return toTensor([value], expected);
  if (Array.isArray(value)) {
    const flat = value.flat(Infinity) as unknown[];
    const wrong = flat.find((item) => typeof item !== 'number' && typeof item !== 'boolean' && typeof item !== 'string');
    if (wrong !== undefined || (expected.dtype !== 'string' && flat.some((item) => typeof item === 'string'))) {
      throw mismatch(expected, `a list with ${describe(wrong ?? flat.find((item) => typeof item === 'string'))} in it`, 'Pass numbers.');
    }
    return { dtype: expected.dtype, shape: solveShape(expected, flat.length, value), data: fromValues(expected.dtype, flat as number[]) } as Tensor;
  }
  throw mismatch(expected, describe(value), 'Pass a typed array, a list of numbers or { dtype, shape, data }.');
}

function isTensor(value: unknown): value is Tensor {
  return typeof value === 'object' && value !== null && 'dtype' in value && 'shape' in value && 'data' in value;
}

/** The shape so many values have: the last free dimension takes what the others leave, any before it (the batch) are 1. */
function solveShape(expected: TensorSignature, length: number, value: unknown): number[] {
  if (expected.rank === 'unknown') return [length];
  const shape = expected.shape.map((dimension) => (typeof dimension === 'number' ? dimension : 1));
  const free = expected.shape.findLastIndex((dimension) => typeof dimension !== 'number');
  const known = shape.reduce((product, size) => product * size, 1);
  if (free >= 0 && known > 0 && length % known === 0) shape[free] = length / known;
  else if (known !== length) throw mismatch(expected, `${Array.isArray(value) ? 'a list' : (value as object).constructor.name} of ${length} values`, `${known}${free >= 0 ? ' or a multiple' : ''} values make that shape.`);
  return shape;
}

function checkTensor(tensor: Tensor, expected: TensorSignature, sizes: Map<string, { readonly size: number; readonly input: string }>): void {
  const got = (): string => `${tensor.dtype} [${tensor.shape.join(', ')}]`;
  if (tensor.dtype !== expected.dtype) throw mismatch(expected, got(), `Convert the values to ${expected.dtype}.`);
  checkArray(tensor, expected);
  const isAnyRank = expected.rank === 'unknown';
  if (!isAnyRank && tensor.shape.length !== expected.shape.length) throw mismatch(expected, got(), `It needs ${expected.shape.length} dimensions.`);
  const sizesWanted = isAnyRank ? tensor.shape.map(() => null) : expected.shape;
  for (const [axis, wanted] of sizesWanted.entries()) {
    const size = tensor.shape[axis] ?? -1;
    if (!Number.isSafeInteger(size) || size < 0) throw mismatch(expected, got(), 'Sizes are whole numbers from 0 up.');
    if (typeof wanted === 'number' && size !== wanted) throw mismatch(expected, got(), `Dimension ${axis} must be ${wanted}.`);
    if (typeof wanted !== 'string') continue;
    const before = sizes.get(wanted);
    if (before && before.size !== size) throw mismatch(expected, got(), `"${wanted}" is ${before.size} in input "${before.input}" and ${size} here; they must be equal.`);
    sizes.set(wanted, { size, input: expected.name });
  }
  const product = tensor.shape.reduce((total, size) => total * size, 1);
  if (tensor.data.length !== product) throw mismatch(expected, `${got()} with ${tensor.data.length} values`, `That shape has ${product} values.`);
}

function checkArray({ data }: Tensor, expected: TensorSignature): void {
  const name = Array.isArray(data) ? 'Array' : (data as object).constructor.name;
  const wanted = expected.dtype === 'string' ? 'Array' : ARRAYS[expected.dtype].name;
  // Float16Array is the newer name of the same 16 bits.
  if (name === wanted || (expected.dtype === 'float16' && name === 'Float16Array') || (expected.dtype === 'uint8' && name === 'Uint8ClampedArray')) return;
  throw mismatch(expected, name, `${expected.dtype} travels in a ${wanted}${expected.dtype === 'float16' ? ' of 16-bit patterns' : ''}.`);
}

function mismatch(expected: TensorSignature, got: string, mend: string): PerigeeError {
  return new PerigeeError('INVALID_INPUT', `input "${expected.name}": expected ${shapeText(expected)}, got ${got}. ${mend}`, { details: { input: expected.name } });
}

function show(expected: TensorSignature): string {
  return `${expected.name}: ${shapeText(expected)}${expected.optional ? ' (optional)' : ''}`;
}

function shapeText({ dtype, shape, rank }: TensorSignature): string {
  if (rank === 'unknown') return `${dtype} of any shape`;
  return `${dtype} [${shape.map((size) => size ?? '?').join(', ')}]`;
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'object') return value.constructor.name === 'Object' ? `an object with ${Object.keys(value).join(', ') || 'no fields'}` : `a ${value.constructor.name}`;
  return `${typeof value} ${JSON.stringify(value)}`;
}
