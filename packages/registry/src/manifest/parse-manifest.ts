import { isVersion } from '../semver.ts';
import { BACKENDS } from './backends.ts';
import { LIMITS } from './limits.ts';
import type {
  Bundle,
  Chunk,
  Manifest,
  ModelFile,
  ObjectRef,
  Variant,
  VariantLoss,
  VariantRequirements,
} from './manifest.ts';
import { readGovernance } from './parse-governance.ts';
import { readPipeline } from './parse-pipeline.ts';
import type { Pipeline } from './pipeline.ts';
import { reader } from './reader.ts';
import type { Reader } from './reader.ts';
import { parseJson } from './safe-json.ts';
import type { Dimension, Dtype, Signature, TensorSignature } from './signature.ts';
import type { Tolerances } from './tolerance.ts';

/** All dtypes that a manifest may name. */
export const DTYPES = [
  'float32',
  'float16',
  'float64',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'bool',
  'string',
] as const satisfies readonly Dtype[];

/** Name of a variant or a backend. */
const NAME = /^[a-z0-9][a-z0-9._-]*$/;
const RESERVED_IDS: readonly string[] = ['default', ...BACKENDS];

/**
 * Parses and checks a manifest. Unknown fields are ignored. Wrong types, path traversal, sizes that
 * do not add up and values over a limit are refused; the error names the path of the fault.
 * @throws RegistryError INVALID_MANIFEST
 * @example
 * ```ts
 * const { name, version, variants } = parseManifest(bytes);
 * ```
 */
export function parseManifest(bytes: Uint8Array): Manifest {
  const root = reader(parseJson(bytes, 'manifest', LIMITS.manifestBytes));
  const schema = root.field('schema').oneOf(['perigee-model/1']);
  const createdAt = root.optional('createdAt', (field) => field.text(64));
  const minSdk = root.optional('minSdk', version);
  const description = root.optional('description', (field) => field.text());
  const license = root.optional('license', (field) => field.text(256));
  const pipeline = root.optional('pipeline', readPipeline);
  const labels = root.optional('labels', (field) =>
    field.list(LIMITS.labels, (label) => label.text(1_024)),
  );
  if (pipeline) checkThreshold(root, pipeline, labels);
  const segments = root.optional('segments', (field) =>
    field.list(LIMITS.segments, (word) => word.text(64)),
  );
  const list = variants(root.field('variants'));
  const golden = root.optional('golden', (field) => ({
    ...objectRef(field),
    tolerance: tolerances(field.field('tolerance'), list),
  }));
  const reference = root.optional('reference', objectRef);
  const card = root.optional('card', objectRef);
  const governance = root.optional('governance', readGovernance);
  return {
    schema,
    name: modelName(root.field('name')),
    version: version(root.field('version')),
    ...(createdAt !== undefined && { createdAt }),
    ...(minSdk !== undefined && { minSdk }),
    ...(description !== undefined && { description }),
    ...(license !== undefined && { license }),
    signature: signature(root.field('signature')),
    ...(pipeline && { pipeline }),
    ...(labels && { labels }),
    ...(segments && { segments }),
    variants: list,
    ...(golden && { golden }),
    ...(reference && { reference }),
    ...(card && { card }),
    ...(governance && { governance }),
  };
}

export function modelName(field: Reader): string {
  const text = field.text(LIMITS.nameLength);
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(text))
    field.fail('a model name of lower-case letters, digits, ".", "_" and "-"');
  return text;
}

export function version(field: Reader): string {
  const text = field.text(128);
  if (!isVersion(text)) field.fail('a semantic version like 1.2.0');
  return text;
}

/** A threshold decides between exactly two labels. */
function checkThreshold(
  root: Reader,
  { postprocess }: Pipeline,
  labels: readonly string[] = [],
): void {
  for (const [i, step] of postprocess.entries()) {
    if (step.op !== 'threshold') continue;
    if (new Set(labels).size !== 2 || labels.length !== 2) {
      root.field('labels').fail('two different labels, because the pipeline has a "threshold"');
    }
    if (labels.includes(step.positive)) continue;
    const steps = root
      .field('pipeline')
      .field('postprocess')
      .list(LIMITS.steps, (one) => one);
    const [first, second] = labels;
    (steps[i] ?? root).field('positive').fail(`one of the labels, "${first}" or "${second}"`);
  }
}

function signature(field: Reader): Signature {
  return { inputs: tensors(field.field('inputs')), outputs: tensors(field.field('outputs')) };
}

function tensors(field: Reader): TensorSignature[] {
  const list = field.list(LIMITS.tensors, tensor);
  if (list.length === 0) field.fail('at least one tensor');
  if (new Set(list.map(({ name }) => name)).size !== list.length)
    field.fail('tensors with different names');
  return list;
}

function tensor(field: Reader): TensorSignature {
  const shape = field.field('shape');
  const sizes = shape.list(LIMITS.dimensions, dimension);
  const rank = field.optional('rank', (item) => item.oneOf(['unknown'] as const));
  if (rank && sizes.length > 0) shape.fail('an empty list, because the rank is unknown');
  const optional = field.optional('optional', isTrue);
  const labels = field.optional('labels', (item) =>
    item.list(LIMITS.labels, (one) => one.text(1_024)),
  );
  const list = field.optional('list', isTrue);
  return {
    name: field.field('name').text(1_024),
    dtype: field.field('dtype').oneOf(DTYPES),
    shape: sizes,
    ...(rank && { rank }),
    ...(optional && { optional }),
    ...(labels && { labels }),
    ...(list && { list }),
  };
}

function isTrue(field: Reader): true {
  return field.boolean() || field.fail('true, or no such field');
}

function dimension(field: Reader): Dimension {
  if (field.value === null) return null;
  if (typeof field.value === 'string') return field.text(256);
  return field.integer(0, 2 ** 31 - 1);
}

function variants(field: Reader): Variant[] {
  const list = field.list(LIMITS.variants, variant);
  if (list.length === 0) field.fail('at least one variant');
  if (new Set(list.map(({ id }) => id)).size !== list.length)
    field.fail('variants with different ids');
  return list;
}

function variant(field: Reader): Variant {
  const chunks = field.field('chunks').list(LIMITS.chunksPerVariant, chunk);
  const files = field.field('files').list(LIMITS.filesPerVariant, (item) => file(item, chunks));
  if (new Set(files.map(({ path }) => path)).size !== files.length)
    field.field('files').fail('files with different paths');
  const entry = field.field('entry');
  if (!files.some(({ path }) => path === entry.value))
    entry.fail(
      `the path of one of the variant's files (${files.map(({ path }) => path).join(', ')})`,
    );
  const id = field.field('id');
  if (!NAME.test(id.text(LIMITS.nameLength)))
    id.fail('a variant id of lower-case letters, digits, ".", "_" and "-"');
  if (RESERVED_IDS.includes(id.text()))
    id.fail(
      `a variant id other than ${RESERVED_IDS.join(', ')}, which name backends where ` +
        'tolerances are given',
    );
  const optimized = field.optional('optimized', (item) => item.boolean());
  const requires = field.optional('requires', requirements);
  const lost = field.optional('loss', loss);
  const bundles = field.optional('bundles', (list) =>
    list.list(LIMITS.bundlesPerVariant, (item) => bundle(item, chunks)),
  );
  return {
    id: id.text(),
    engine: field.field('engine').oneOf(['onnx', 'tfjs']),
    dtype: field.field('dtype').oneOf(['float32', 'float16', 'int8']),
    ...(optimized !== undefined && { optimized }),
    ...(requires && { requires }),
    ...(lost && { loss: lost }),
    entry: entry.text(),
    files,
    chunks,
    ...(bundles && { bundles }),
  };
}

function loss(field: Reader): VariantLoss {
  const labelsKept = field.optional('labelsKept', (item) =>
    positive(item) <= 1 ? item.number() : item.fail('a share from 0 to 1'),
  );
  return {
    maxError: positive(field.field('maxError')),
    meanError: positive(field.field('meanError')),
    ...(labelsKept !== undefined && { labelsKept }),
  };
}

/**
 * Backend names are not checked against a list. A later manifest may name a backend that this
 * reader does not know and never uses.
 */
function requirements(field: Reader): VariantRequirements {
  const backends = field.optional('backends', (item) => {
    const names = item.list(LIMITS.backends, (name) =>
      NAME.test(name.text(LIMITS.nameLength))
        ? name.text()
        : name.fail('a backend name of lower-case letters, digits, ".", "_" and "-"'),
    );
    if (names.length === 0 || new Set(names).size !== names.length)
      item.fail('different backends, at least one');
    return names;
  });
  return backends ? { backends } : {};
}

function chunk(field: Reader): Chunk {
  const sizeBytes = field.field('sizeBytes').integer(0, LIMITS.chunkBytes);
  const encoding = field.field('encoding').oneOf(['identity', 'gzip', 'planes2', 'planes4']);
  // Gzip of incompressible bytes grows by a few bytes in every 64 KiB, never more than this.
  const wire = field.field('wireBytes');
  const wireBytes = wire.integer(0, sizeBytes + 1_024);
  if (encoding === 'identity' && wireBytes !== sizeBytes)
    wire.fail(`${sizeBytes}, the chunk's own size, for encoding "identity"`);
  return { sha256: field.field('sha256').sha256(), sizeBytes, encoding, wireBytes };
}

function bundle(field: Reader, chunks: readonly Chunk[]): Bundle {
  const size = field.field('sizeBytes');
  const sizeBytes = size.integer(1, LIMITS.bundleBytes);
  const indexes = chunkIndexes(field, chunks);
  if (new Set(indexes).size !== indexes.length) field.field('chunks').fail('different chunks');
  const sum = indexes.reduce((total, index) => total + (chunks[index]?.wireBytes ?? 0), 0);
  if (sum !== sizeBytes) size.fail(`${sum}, the wire bytes of its chunks`);
  return { sha256: field.field('sha256').sha256(), sizeBytes, chunks: indexes };
}

function chunkIndexes(field: Reader, chunks: readonly Chunk[]): number[] {
  return field
    .field('chunks')
    .list(LIMITS.chunksPerVariant, (item) => item.integer(0, chunks.length - 1));
}

function file(field: Reader, chunks: readonly Chunk[]): ModelFile {
  const size = field.field('sizeBytes');
  const sizeBytes = size.integer(0, LIMITS.fileBytes);
  const indexes = chunkIndexes(field, chunks);
  const sum = indexes.reduce((total, index) => total + (chunks[index]?.sizeBytes ?? 0), 0);
  if (sum !== sizeBytes) size.fail(`${sum}, the sum of its chunks`);
  return {
    path: relativePath(field.field('path')),
    sizeBytes,
    sha256: field.field('sha256').sha256(),
    chunks: indexes,
  };
}

function relativePath(field: Reader): string {
  const path = field.text(1_024);
  const parts = path.split('/');
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const hasBadCharacter = /[\\:\u0000-\u001f]/.test(path);
  if (hasBadCharacter || parts.some((part) => part === '' || part === '.' || part === '..')) {
    field.fail('a relative path with "/" and without "..", drive or scheme');
  }
  return path;
}

function objectRef(field: Reader): ObjectRef {
  return {
    sha256: field.field('sha256').sha256(),
    sizeBytes: field.field('sizeBytes').integer(0, LIMITS.goldenBytes),
  };
}

function tolerances(field: Reader, list: readonly Variant[]): Tolerances {
  const found = Object.fromEntries(
    field.entries((list.length + 1) * LIMITS.backends, (item, key) => {
      const [variantId = '', backend, ...more] = key.split('/');
      const named = [variantId, backend ?? 'default'].every(
        (name) => name.length <= LIMITS.nameLength && NAME.test(name),
      );
      if (
        !named ||
        more.length > 0 ||
        (backend !== undefined && !list.some(({ id }) => id === variantId))
      ) {
        item.fail(
          'the key "default", a backend, one of the variants, or a variant and a ' +
            'backend like "fp16/webgpu"',
        );
      }
      return { atol: positive(item.field('atol')), rtol: positive(item.field('rtol')) };
    }),
  );
  const fallback = found['default'];
  if (!fallback) return field.field('default').fail('a tolerance { atol, rtol }');
  return { ...found, default: fallback };
}

function positive(field: Reader): number {
  const value = field.number();
  if (value < 0) field.fail('a number that is not negative');
  return value;
}
