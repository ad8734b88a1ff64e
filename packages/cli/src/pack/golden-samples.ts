import { parseGolden } from '@perigee/registry';
import type { Dtype, GoldenSample, GoldenSamples, GoldenTensor, Signature, Tolerance } from '@perigee/registry';
import type { Tensor, Tensors } from 'perigee';
import { CommandError } from '../command.ts';
import type { RunningModel } from './run-model.ts';

export const DEFAULT_TOLERANCE = { default: { atol: 1e-4, rtol: 1e-3 }, webgpu: { atol: 2e-3, rtol: 2e-3 } } as const satisfies Record<string, Tolerance>;

/**
 * Golden samples of seeded random inputs, their outputs by running the model here. Free dimensions are 1, and in the last sample 2, because
 * some backends are wrong from the second item of a batch on.
 */
export async function makeGolden(model: RunningModel, count: number): Promise<GoldenSamples> {
  const random = seeded(20_261_120);
  const samples: GoldenSample[] = [];
  for (let i = 0; i < count; i += 1) {
    const free = count > 1 && i === count - 1 ? 2 : 1;
    const feeds = Object.fromEntries(model.signature.inputs.map((input) => [input.name, randomTensor(input, free, random)]));
    const outputs = await model.run(feeds).catch((error: unknown) => {
      // Not every model takes a batch of two.
      if (free === 1) throw error;
      return null;
    });
    if (outputs) samples.push({ id: `random-${i + 1}`, feeds: toGolden(feeds), outputs: toGolden(outputs) });
  }
  return { schema: 'perigee-golden/1', samples };
}

export function readGolden(bytes: Uint8Array): GoldenSamples {
  return parseGolden(bytes);
}

export interface GoldenRow {
  readonly id: string;
  readonly output: string;
  readonly maxError: number;
  readonly passed: boolean;
}

/** Runs given samples here and compares, so that a release never ships expectations its own model does not meet. */
export async function checkGolden(model: RunningModel, { samples }: GoldenSamples, { atol, rtol }: Tolerance): Promise<GoldenRow[]> {
  const rows: GoldenRow[] = [];
  for (const { id, feeds, outputs } of samples) {
    const got = await model.run(Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, fromGolden(tensor)])));
    for (const [name, expected] of Object.entries(outputs)) {
      const tensor = got[name];
      if (!tensor) throw new CommandError(`Golden sample "${id}" expects an output "${name}", which the model does not have.`);
      const sameShape = tensor.dtype === expected.dtype && tensor.shape.join() === expected.shape.join();
      const errors = Array.from(tensor.data as ArrayLike<number>, (value, i) => ({ off: Math.abs(Number(value) - Number(expected.data[i])), allowed: atol + rtol * Math.abs(Number(expected.data[i])) }));
      rows.push({ id, output: name, maxError: sameShape ? Math.max(0, ...errors.map(({ off }) => off)) : Infinity, passed: sameShape && errors.every(({ off, allowed }) => off <= allowed) });
    }
  }
  return rows;
}

function randomTensor({ dtype, shape }: Signature['inputs'][number], free: number, random: () => number): Tensor {
  const sizes = shape.map((size) => (typeof size === 'number' ? size : free));
  const length = sizes.reduce((product, size) => product * size, 1);
  const values = Array.from({ length }, () => (dtype.startsWith('float') ? random() : Math.floor(random() * 2)));
  return { dtype, shape: sizes, data: arrayOf(dtype, values) } as Tensor;
}

function fromGolden({ dtype, shape, data }: GoldenTensor): Tensor {
  return { dtype: dtype as Dtype, shape, data: arrayOf(dtype as Dtype, data) } as Tensor;
}

function toGolden(tensors: Tensors): Record<string, GoldenTensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, { dtype, shape, data }]) => [name, { dtype, shape, data: Array.from(data as ArrayLike<number | bigint | string>, (value) => (typeof value === 'bigint' ? value.toString() : value)) }]));
}

function arrayOf(dtype: Dtype, values: readonly (number | string | boolean)[]): Tensor['data'] {
  switch (dtype) {
    case 'float32': return Float32Array.from(values, Number);
    case 'float64': return Float64Array.from(values, Number);
    case 'int64': return BigInt64Array.from(values, (value) => BigInt(value));
    case 'uint64': return BigUint64Array.from(values, (value) => BigInt(value));
    case 'int32': return Int32Array.from(values, Number);
    case 'uint32': return Uint32Array.from(values, Number);
    case 'int16': return Int16Array.from(values, Number);
    case 'uint16': return Uint16Array.from(values, Number);
    case 'int8': return Int8Array.from(values, Number);
    case 'uint8': return Uint8Array.from(values, Number);
    case 'bool': return Uint8Array.from(values, (value) => (value ? 1 : 0));
    case 'string': return values.map(String);
    case 'float16': throw new CommandError('Golden samples of a model with float16 inputs must be given as a file: --golden golden.json.');
  }
}

/** mulberry32: the same inputs on every machine. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
