import { walkOnnx } from '@perigee/registry';
import { CommandError } from '../command.ts';
import type { ModelFiles } from '../pack/read-files.ts';
import { dynamicInt8 } from './dynamic-int8.ts';
import { float16Weights } from './float16-weights.ts';
import { int8Embeddings } from './int8-embeddings.ts';
import { int8Weights } from './int8-weights.ts';
import { readGraph } from './read-graph.ts';
import type { Graph, Weight } from './read-graph.ts';
import { float32Values } from './read-tensor.ts';
import { rewriteModel } from './rewrite.ts';
import type { Edit } from './rewrite.ts';

export type WeightsKind = 'fp16' | 'int8' | 'int8-dynamic';

/** Input of a conversion. */
export interface ConversionInput {
  readonly graph: Graph;
  /** A text that occurs nowhere in the file, so that a name with this suffix is new. */
  readonly suffix: string;
  /**
   * The values of a weight worth converting. Null if it is not float32, or so small that the added
   * nodes would cost more.
   */
  values(weight: Weight): Float32Array | null;
}

const CONVERSIONS: Readonly<Record<WeightsKind, (input: ConversionInput) => Edit>> = {
  fp16: float16Weights,
  int8: (input) => both(int8Weights(input), int8Embeddings(input)),
  'int8-dynamic': (input) => both(dynamicInt8(input), int8Embeddings(input)),
};

const MIN_VALUES = 256;
/**
 * Lowest operator set. Cast to a type by number came with 6, Mul of different shapes with 7,
 * DynamicQuantizeLinear with 11.
 */
const MIN_OPSET: Readonly<Record<WeightsKind, number>> = { fp16: 7, int8: 7, 'int8-dynamic': 11 };
/** Largest file that protobuf readers accept. */
const MAX_FILE_BYTES = 2 ** 31 - 1;

/**
 * Converts the weights of a model to fewer bits, in one file. External weights of its main graph
 * move into that file.
 * @throws CommandError when no weight can be converted
 */
export function convertWeights({ entry, files, onnx }: ModelFiles, kind: WeightsKind): ModelFiles {
  const bytes = files.get(entry);
  if (!bytes) throw new CommandError(`The model has no file "${entry}".`);
  const opset = onnx.opsets[''] ?? 0;
  if (opset < MIN_OPSET[kind])
    throw new CommandError(
      `Variant ${kind} needs operators of opset ${MIN_OPSET[kind]}; the model has opset ` +
        `${opset}. Export it with a newer one.`,
    );
  const graph = readGraph(bytes);
  const edit = CONVERSIONS[kind]({
    graph,
    suffix: unusedSuffix(bytes, kind),
    values: (weight) =>
      weight.dims.reduce((product, size) => product * size, 1) < MIN_VALUES
        ? null
        : float32Values(bytes, weight, files),
  });
  if (edit.weights.size === 0)
    throw new CommandError(`Variant ${kind}: ${NOTHING[kind]} Pack without it.`);
  const size = [...edit.weights.values()]
    .flatMap(({ initializers }) => initializers)
    .reduce((sum, { byteLength }) => sum + byteLength, bytes.byteLength);
  const converted = size > 2 * MAX_FILE_BYTES ? undefined : rewriteModel(bytes, graph, edit, files);
  if (!converted || converted.byteLength > MAX_FILE_BYTES)
    throw new CommandError(
      `Variant ${kind} would be a file of more than ${MAX_FILE_BYTES} bytes, which no ONNX ` +
        'reader accepts.',
    );
  const path = entry.replace(/(\.onnx)?$/i, `.${kind}.onnx`);
  const walked = walkOnnx(converted);
  return {
    entry: path,
    onnx: walked,
    files: new Map([
      [path, converted],
      ...[...files].filter(([name]) => walked.externalFiles.includes(name)),
    ]),
  };
}

const NOTHING: Readonly<Record<WeightsKind, string>> = {
  fp16: `the model has no float32 weights of ${MIN_VALUES} values or more that fit float16.`,
  int8:
    'no Conv, Gemm, MatMul or table of embeddings of the model has float32 weights of ' +
    `${MIN_VALUES} values or more.`,
  'int8-dynamic': `no MatMul or Gemm of the model has float32 weights of ${MIN_VALUES} values or more.`,
};

/** Joins two edits of different weights. */
function both(a: Edit, b: Edit): Edit {
  return {
    weights: new Map([...a.weights, ...b.weights]),
    nodes: new Map([...a.nodes, ...b.nodes]),
  };
}

function unusedSuffix(bytes: Uint8Array, kind: string): string {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let suffix = `/${kind}`;
  for (let i = 2; file.includes(suffix); i += 1) suffix = `/${kind}-${i}`;
  return suffix;
}
