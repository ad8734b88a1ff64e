import type { Manifest } from '../manifest/manifest.ts';
import type { Pipeline } from '../manifest/pipeline.ts';
import type { Signature, TensorSignature } from '../manifest/signature.ts';
import { wordFeatures } from '../manifest/tabular-features.ts';
import { objectType, textsType } from './type-text.ts';

/** The parts of a manifest that types depend on. */
export type TypedManifest = Pick<Manifest, 'signature' | 'pipeline' | 'labels'>;

/** More labels than this are declared as any text, because editors get slow. */
const MAX_LABELS = 1_000;
/** The same for the words of one feature. */
const MAX_WORDS = 100;

/**
 * The type of a model, as a `DeclaredModel` of `perigee`.
 * @param indent of the line that the type begins in
 */
export function declareModel(model: TypedManifest, indent: string): string {
  const { signature, pipeline } = model;
  const inner = `${indent}  `;
  const read = outputRead(model);
  return objectType(
    [
      ['input', inputType(signature, pipeline, inner)],
      ['output', outputType(model, read, inner)],
      ...(pipeline && read ? [['reads', textsType([read.name], inner)] as const] : []),
      ['feeds', tensorsType(signature.inputs, inner)],
      ['outputs', tensorsType(signature.outputs, inner)],
    ],
    indent,
  );
}

/** The output that `predict()` answers with: the one that the pipeline names, or the first. */
function outputRead({ signature, pipeline }: TypedManifest): TensorSignature | undefined {
  const named = pipeline?.postprocess.find(({ tensor }) => tensor !== undefined)?.tensor;
  return signature.outputs.find(({ name }) => named === undefined || name === named);
}

function inputType({ inputs }: Signature, pipeline: Pipeline | undefined, indent: string): string {
  const [first] = pipeline?.preprocess ?? [];
  if (!pipeline || !first) return '"tensors"';
  if (first.op !== 'tabular') return '"image"';
  const inner = `${indent}  `;
  const words = wordFeatures(pipeline, inputs);
  const fillsIn = pipeline.preprocess.some(({ op }) => op === 'impute');
  const row = first.features.map((feature) => {
    const known = words.get(feature);
    const type = known === undefined ? 'number' : wordsType(known ?? [], `${inner}    `);
    return [feature, fillsIn ? `${type} | null` : type, fillsIn] as const;
  });
  return objectType([['row', objectType(row, inner)]], indent);
}

function wordsType(words: readonly string[], indent: string): string {
  return words.length === 0 || words.length > MAX_WORDS ? 'string' : textsType(words, indent);
}

function outputType(
  { pipeline, labels = [] }: TypedManifest,
  read: TensorSignature | undefined,
  indent: string,
): string {
  const steps = pipeline?.postprocess ?? [];
  if (!steps.some(({ op }) => op === 'top-k' || op === 'threshold')) {
    // A step of numbers makes float32 of any type.
    if (read) return tensorType(steps.length > 0 ? { ...read, dtype: 'float32' } : read);
    return '{ dtype: "float32"; shape: number[] }';
  }
  return objectType([['label', labelType(labels, `${indent}    `)]], indent);
}

function labelType(labels: readonly string[], indent: string): string {
  // Without labels a label is its index as text.
  if (labels.length === 0) return '`${number}`';
  return labels.length > MAX_LABELS ? 'string' : textsType(labels, indent);
}

function tensorsType(tensors: readonly TensorSignature[], indent: string): string {
  return objectType(
    tensors.map((tensor) => [tensor.name, tensorType(tensor), tensor.optional === true] as const),
    indent,
  );
}

function tensorType({ dtype, shape, rank, list }: TensorSignature): string {
  const sizes = shape.map((size) => (typeof size === 'number' ? String(size) : 'number'));
  const isFree = rank === 'unknown' || list === true;
  const facts = `dtype: "${dtype}"; shape: ${isFree ? 'number[]' : `[${sizes.join(', ')}]`}`;
  return `{ ${facts}${list ? '; list: true' : ''} }`;
}
