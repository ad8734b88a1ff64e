import { fileURLToPath } from 'node:url';
import { InferenceSession as NativeSession, Tensor as NativeTensor } from 'onnxruntime-node';
import { InferenceSession as WasmSession, Tensor as WasmTensor } from 'onnxruntime-web';
import { expect, test } from 'vitest';
import { readModel } from '../pack/read-files.ts';
import type { ModelFiles } from '../pack/read-files.ts';
import { convertWeights } from './convert-weights.ts';
import type { WeightsKind } from './convert-weights.ts';
import { optimizeModel } from './optimize-model.ts';
import { readGraph } from './read-graph.ts';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const MODELS: Record<string, string> = {
  network: at('fixtures/network.onnx'),
  products: at('fixtures/products.onnx'),
  digits: at('../../../../models/digits/versions/1.0.0/model.onnx'),
};

/**
 * One 16-bit lane of AVX2's VPMADDUBSW: it adds two products of a uint8 and an int8 and saturates.
 * Integer kernels of x86-64 without VNNI use it.
 */
function vpmaddubsw(a: readonly [number, number], b: readonly [number, number]): number {
  return Math.max(-32_768, Math.min(32_767, a[0] * b[0] + a[1] * b[1]));
}

/**
 * The largest error in one lane for any activations. The sum is linear in both of them, so it is
 * extreme at a corner of [0, 255]².
 */
function worstError(weights: readonly [number, number]): number {
  const corners = [
    [0, 0],
    [0, 255],
    [255, 0],
    [255, 255],
  ] as const;
  return Math.max(
    ...corners.map((a) => {
      const exact = a[0] * weights[0] + a[1] * weights[1];
      return Math.abs(vpmaddubsw(a, weights) - exact);
    }),
  );
}

interface IntegerWeights {
  readonly operator: string;
  readonly name: string;
  readonly columns: number;
  readonly values: Int8Array;
}

/** All int8 weights that an operator uses directly. Cast and Gather do not compute with them. */
function integerWeights({ entry, files, onnx }: ModelFiles): IntegerWeights[] {
  const bytes = files.get(entry)!;
  const { nodes, weights } = readGraph(bytes);
  return nodes.flatMap(({ type, inputs }) =>
    inputs.flatMap((name) => {
      const tensor = onnx.tensors.find((one) => one.name === name && one.dtype === 'int8');
      const columns = weights.get(name)?.dims.at(-1);
      if (!tensor || columns === undefined || type === 'Cast' || type === 'Gather') return [];
      return [
        {
          operator: type,
          name,
          columns,
          values: new Int8Array(bytes.slice(tensor.start, tensor.end).buffer),
        },
      ];
    }),
  );
}

/** All pairs of weights of a column. Any two may share a lane, depending on the kernel. */
function columnPairs({ values, columns }: IntegerWeights): [number, number][] {
  const rows = values.length / columns;
  const pairs = new Set<string>();
  for (let column = 0; column < columns; column += 1) {
    for (let i = 0; i < rows; i += 1) {
      for (let j = i + 1; j < rows; j += 1) {
        pairs.add(`${values[i * columns + column]},${values[j * columns + column]}`);
      }
    }
  }
  return [...pairs].map((pair) => pair.split(',').map(Number) as [number, number]);
}

const converted = async (name: string, kind: WeightsKind): Promise<ModelFiles> =>
  convertWeights(await readModel(MODELS[name]!), kind);

test('the emulated instruction saturates where the processor does', () => {
  // By the definition of PMADDUBSW in Intel's manual: 255 × 127 × 2 = 64,770.
  expect(vpmaddubsw([255, 255], [127, 127])).toBe(32_767);
  expect(vpmaddubsw([255, 255], [-128, -128])).toBe(-32_768);
  expect(vpmaddubsw([255, 255], [64, 64])).toBe(32_640);
  expect([worstError([64, 64]), worstError([-64, -64]), worstError([65, 64])]).toEqual([0, 0, 128]);
});

test.each(
  Object.keys(MODELS).flatMap((name) => [
    [name, 'as made'],
    [name, 'optimised'],
  ]),
)('no activations saturate a lane of int8-dynamic: %s, %s', async (name, how) => {
  const made = await converted(name, 'int8-dynamic');
  const weights = integerWeights(how === 'optimised' ? await optimizeModel(made) : made);
  expect(weights.length).toBeGreaterThan(0);
  for (const weight of weights) {
    expect([
      weight.name,
      weight.operator,
      Math.max(...columnPairs(weight).map(worstError)),
    ]).toEqual([
      weight.name,
      expect.stringMatching(
        /^(MatMulInteger|com\.microsoft\.(DynamicQuantizeMatMul|MatMulIntegerToFloat))$/,
      ),
      0,
    ]);
    // The full range is used: with fewer steps the variant would lose accuracy for no benefit.
    expect(Math.max(...weight.values.map(Math.abs))).toBe(64);
  }
});

test.each(['network', 'digits'])(
  'no operator computes with the int8 weights of int8, also when optimised: %s',
  async (name) => {
    const made = await converted(name, 'int8');
    expect(made.onnx.tensors.some(({ dtype }) => dtype === 'int8')).toBe(true);
    expect(integerWeights(made)).toEqual([]);
    const optimized = await optimizeModel(made);
    expect(integerWeights(optimized)).toEqual([]);
    const operators = Object.keys(optimized.onnx.operators).join(' ');
    expect(operators).not.toMatch(
      /Integer|QLinear|DynamicQuantize|QGemm|QuantizeLinear|MatMulNBits/,
    );
  },
);

/** DynamicQuantizeLinear by its ONNX definition. */
function quantized(x: Float32Array): { values: number[]; scale: number; zero: number } {
  const [low, high] = [Math.min(0, ...x), Math.max(0, ...x)];
  const scale = Math.fround((high - low) / 255);
  const clamped = (value: number): number => Math.max(0, Math.min(255, value));
  const zero = clamped(roundToEven(Math.fround(-low / scale)));
  const values = Array.from(x, (value) => clamped(roundToEven(Math.fround(value / scale)) + zero));
  return { values, scale, zero };
}

function roundToEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** x · W, computed in exact integers. */
function exactProduct(
  x: Float32Array,
  rows: number,
  weights: IntegerWeights,
  scales: Float32Array,
): number[] {
  const { values, scale, zero } = quantized(x);
  const depth = x.length / rows;
  return Array.from({ length: rows * weights.columns }, (_, at) => {
    const [row, column] = [Math.floor(at / weights.columns), at % weights.columns];
    let sum = 0;
    for (let k = 0; k < depth; k += 1) {
      sum +=
        ((values[row * depth + k] ?? 0) - zero) *
        (weights.values[k * weights.columns + column] ?? 0);
    }
    return sum * scale * (scales[column] ?? 0);
  });
}

/** Large positive values, which saturate first. */
const BRIGHT = Float32Array.from({ length: 32 }, (_, i) => 8 + (i % 5));
const MIXED = Float32Array.from({ length: 32 }, (_, i) => Math.sin(i));

test.each([
  ['bright', BRIGHT],
  ['mixed', MIXED],
])('native and wasm give the exact integer product: %s inputs', async (_name, z) => {
  const made = await converted('products', 'int8-dynamic');
  const bytes = made.files.get(made.entry)!;
  const weights = integerWeights(made).find(({ name }) => name.startsWith('b/'))!;
  const scale = made.onnx.tensors.find(({ name }) => name === 'b/int8-dynamic/scale')!;
  const exact = exactProduct(
    z,
    2,
    weights,
    new Float32Array(bytes.slice(scale.start, scale.end).buffer),
  );
  const largest = Math.max(...exact.map(Math.abs));
  const native = await NativeSession.create(bytes, { logSeverityLevel: 3 });
  const wasm = await WasmSession.create(bytes, {
    executionProviders: ['wasm'],
    logSeverityLevel: 3,
  });
  const answers = {
    native: await native.run({
      x: new NativeTensor('float32', MIXED, [2, 16]),
      z: new NativeTensor('float32', z, [2, 16]),
    }),
    wasm: await wasm.run({
      x: new WasmTensor('float32', MIXED, [2, 16]),
      z: new WasmTensor('float32', z, [2, 16]),
    }),
  };
  for (const [backend, { zb }] of Object.entries(answers)) {
    const errors = Array.from(zb!.data as Float32Array, (value, i) => Math.abs(value - exact[i]!));
    // The integers are equal; only the scales are multiplied in float32.
    expect([backend, Math.max(...errors) < 1e-6 * largest]).toEqual([backend, true]);
  }
  await Promise.all([native.release(), wasm.release()]);
});
