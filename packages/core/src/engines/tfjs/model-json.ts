import { PerigeeError } from '../../error.ts';
import { companionPath } from '../companion-path.ts';
import type { EngineFiles } from '../engine.ts';

/** The parts of a model's files that TensorFlow.js needs: the ModelArtifacts of its IOHandler. */
export interface ModelArtifacts {
  readonly format: string | undefined;
  readonly generatedBy: string | undefined;
  readonly convertedBy: string | undefined;
  readonly modelTopology: object;
  readonly weightSpecs: readonly WeightSpec[];
  readonly weightData: ArrayBuffer;
  readonly signature: object | undefined;
  readonly userDefinedMetadata: object | undefined;
  readonly modelInitializer: object | undefined;
  readonly initializerSignature: object | undefined;
}

export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly quantization?: { readonly dtype: string };
}

const BYTES: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  float16: 2,
  uint8: 1,
  uint16: 2,
};
const MAX_JSON_BYTES = 64 * 1024 * 1024;

/**
 * Paths of the weight shards, relative to model.json. Empty for bytes that are no model.json;
 * opening them reports the fault.
 * @throws PerigeeError UNSUPPORTED_MODEL for a path that leads out of the model's folder
 */
export function shardPaths(modelJson: Uint8Array): readonly string[] {
  let manifest: unknown;
  try {
    ({ weightsManifest: manifest } = parse(modelJson));
  } catch {
    return [];
  }
  return [...new Set(groupsOf(manifest).flatMap(({ paths }) => paths.map(companionPath)))];
}

/**
 * Reads model.json and its weight shards.
 * @throws PerigeeError WRONG_CONTENT naming the part that is missing, or too short
 */
export function readArtifacts({ entry, files }: EngineFiles): ModelArtifacts {
  const bytes = files[entry] ?? new Uint8Array(0);
  let json: Record<string, unknown>;
  try {
    json = parse(bytes);
  } catch (cause) {
    throw new PerigeeError(
      'WRONG_CONTENT',
      `"${entry}" (${bytes.byteLength} bytes) is not a TensorFlow.js model: it is no JSON object.`,
      { cause },
    );
  }
  const { modelTopology } = json;
  if (!isObject(modelTopology))
    throw new PerigeeError(
      'WRONG_CONTENT',
      `"${entry}" is not a TensorFlow.js model: it has no "modelTopology". Other JSON ` +
        'files of a model (tokenizers, labels) cannot be opened.',
    );
  const groups = groupsOf(json['weightsManifest']);
  const folder = entry.includes('/') ? entry.slice(0, entry.lastIndexOf('/') + 1) : '';
  const shards = groups
    .flatMap(({ paths }) => paths.map(companionPath))
    .map((path) => {
      const shard = files[folder + path] ?? files[path];
      if (!shard)
        throw new PerigeeError(
          'WRONG_CONTENT',
          `The weight file "${path}", which "${entry}" names, is not among the files: ` +
            `${Object.keys(files).join(', ')}. Pass it too.`,
          { details: { path } },
        );
      return shard;
    });
  const weightSpecs = groups.flatMap(({ weights }) => weights);
  const names = new Set<string>();
  for (const { name } of weightSpecs) {
    if (names.has(name))
      throw new PerigeeError(
        'WRONG_CONTENT',
        `"${entry}" is damaged: its "weightsManifest" lists the weight "${name}" twice.`,
        { details: { entry } },
      );
    names.add(name);
  }
  const weightData = joined(shards);
  const expected = expectedBytes(weightSpecs);
  if (expected !== null && expected !== weightData.byteLength)
    throw new PerigeeError(
      'WRONG_CONTENT',
      `The weight files of "${entry}" have ${weightData.byteLength} bytes in all; the ` +
        `weights it lists take ${expected}. Fetch them again.`,
    );
  const text = (name: string): string | undefined =>
    typeof json[name] === 'string' ? json[name] : undefined;
  const object = (name: string): object | undefined =>
    isObject(json[name]) ? json[name] : undefined;
  return {
    format: text('format'),
    generatedBy: text('generatedBy'),
    convertedBy: text('convertedBy'),
    modelTopology,
    weightSpecs,
    weightData,
    signature: object('signature'),
    userDefinedMetadata: object('userDefinedMetadata'),
    modelInitializer: object('modelInitializer'),
    initializerSignature: object('initializerSignature'),
  };
}

function parse(bytes: Uint8Array): Record<string, unknown> {
  if (bytes.byteLength > MAX_JSON_BYTES)
    throw new RangeError(`model.json has ${bytes.byteLength} bytes`);
  const json: unknown = JSON.parse(new TextDecoder().decode(bytes));
  if (!isObject(json)) throw new TypeError('not an object');
  return json as Record<string, unknown>;
}

interface WeightGroup {
  readonly paths: readonly string[];
  readonly weights: readonly WeightSpec[];
}

function groupsOf(manifest: unknown): readonly WeightGroup[] {
  if (manifest === undefined || manifest === null) return [];
  const isGroup = (group: unknown): group is WeightGroup =>
    isObject(group) &&
    Array.isArray((group as WeightGroup).paths) &&
    (group as WeightGroup).paths.every((path) => typeof path === 'string') &&
    Array.isArray((group as WeightGroup).weights) &&
    (group as WeightGroup).weights.every(isSpec);
  if (!Array.isArray(manifest) || !manifest.every(isGroup))
    throw new PerigeeError(
      'WRONG_CONTENT',
      'model.json is damaged: its "weightsManifest" is no list of { paths, weights }.',
    );
  return manifest;
}

function isSpec(spec: unknown): spec is WeightSpec {
  const { name, shape, dtype } = (isObject(spec) ? spec : {}) as Partial<WeightSpec>;
  return (
    typeof name === 'string' &&
    typeof dtype === 'string' &&
    Array.isArray(shape) &&
    shape.every((size) => Number.isSafeInteger(size) && size >= 0)
  );
}

/** Bytes of all weights. Null if there are texts among them, whose lengths are in the data. */
function expectedBytes(specs: readonly WeightSpec[]): number | null {
  let total = 0;
  for (const { shape, dtype, quantization } of specs) {
    const bytes = BYTES[quantization?.dtype ?? dtype];
    if (bytes === undefined) return null;
    total += bytes * shape.reduce((product, size) => product * size, 1);
  }
  return total;
}

function joined(shards: readonly Uint8Array[]): ArrayBuffer {
  const whole = new Uint8Array(shards.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let offset = 0;
  for (const shard of shards) {
    whole.set(shard, offset);
    offset += shard.byteLength;
  }
  return whole.buffer;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
