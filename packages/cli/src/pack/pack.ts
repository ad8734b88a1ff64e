import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parseReference } from '@perigee/profile';
import { layout, parseManifest, sha256Hex, walkOnnx } from '@perigee/registry';
import type { GoldenSamples, Manifest, ObjectRef, Pipeline } from '@perigee/registry';
import { CommandError } from '../command.ts';
import { cutFiles } from './cut-files.ts';
import { checkGolden, DEFAULT_TOLERANCE, makeGolden, readGolden } from './golden-samples.ts';
import type { GoldenRow } from './golden-samples.ts';
import { readCsv } from './read-csv.ts';
import { referenceFromCsv } from './reference-from-csv.ts';
import { rowPredictor } from './row-predictor.ts';
import { runModel } from './run-model.ts';
import type { RunningModel } from './run-model.ts';

export interface PackOptions {
  readonly model: string;
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly license?: string;
  readonly variantId?: string;
  readonly pipeline?: string;
  readonly labels?: string;
  /** CSV of training rows. */
  readonly reference?: string;
  readonly exclude?: readonly string[];
  /** A ready reference profile instead of a CSV. */
  readonly referenceProfile?: string;
  readonly golden?: string;
  readonly goldenCount?: number;
  readonly card?: string;
}

/** A release before it is published: the manifest, and every object by its path in a registry. */
export interface PackedRelease {
  readonly manifest: Manifest;
  readonly manifestBytes: Uint8Array;
  readonly objects: ReadonlyMap<string, Uint8Array>;
  readonly golden: readonly GoldenRow[];
  readonly backend: string;
  readonly modelBytes: number;
}

/**
 * ONNX file → release. The model is run here: golden samples that it does not reproduce end the packing.
 * @throws CommandError, RegistryError
 */
export async function pack(options: PackOptions, progress: (text: string) => void): Promise<PackedRelease> {
  progress('reading the model');
  const files = await readModel(options.model);
  const entry = basename(options.model);
  const { inputs, outputs } = walkOnnx(files.get(entry) ?? new Uint8Array());
  const pipeline = options.pipeline === undefined ? undefined : (await readJson(options.pipeline) as Pipeline);
  const labels = await readLabels(options.labels);

  const model = await runModel(files);
  const objects = new Map<string, Uint8Array>();
  const add = async (bytes: Uint8Array): Promise<ObjectRef> => {
    const sha256 = await sha256Hex(bytes);
    objects.set(layout.blob(sha256), bytes);
    return { sha256, sizeBytes: bytes.byteLength };
  };
  try {
    progress(`checking golden samples on ${model.backend}`);
    const { golden, rows } = await goldenOf(model, options);
    progress('computing the reference');
    const reference = await referenceOf(model, options, pipeline, labels);
    progress('cutting the files');
    const cut = await cutFiles(files);
    for (const [path, bytes] of cut.objects) objects.set(path, bytes);
    const manifest: Manifest = {
      schema: 'perigee-model/1',
      name: options.name,
      version: options.version,
      ...(options.description !== undefined && { description: options.description }),
      ...(options.license !== undefined && { license: options.license }),
      signature: { inputs, outputs },
      ...(pipeline && { pipeline }),
      ...(labels && { labels }),
      variants: [{ id: options.variantId ?? 'fp32', engine: 'onnx', dtype: 'float32', entry, files: cut.files, chunks: cut.chunks }],
      golden: { ...(await add(encodeJson(golden))), tolerance: DEFAULT_TOLERANCE },
      ...(reference && { reference: await add(reference) }),
      ...(options.card !== undefined && { card: await add(await readBytes(options.card)) }),
    };
    const manifestBytes = encodeJson(manifest);
    // What is written must be what devices accept.
    return { manifest: parseManifest(manifestBytes), manifestBytes, objects, golden: rows, backend: model.backend, modelBytes: sum([...files.values()].map(({ byteLength }) => byteLength)) };
  } finally {
    await model.close();
  }
}

async function readModel(path: string): Promise<Map<string, Uint8Array>> {
  const bytes = await readBytes(path);
  const files = new Map([[basename(path), bytes]]);
  for (const external of walkOnnx(bytes).externalFiles) {
    if (external.includes('..') || external.startsWith('/')) throw new CommandError(`${path} names the external file "${external}", outside its folder.`);
    files.set(external, await readBytes(join(dirname(path), external)));
  }
  return files;
}

async function goldenOf(model: RunningModel, { golden: path, goldenCount = 8 }: PackOptions): Promise<{ golden: GoldenSamples; rows: GoldenRow[] }> {
  const golden = path === undefined ? await makeGolden(model, goldenCount) : readGolden(await readBytes(path));
  const rows = await checkGolden(model, golden, DEFAULT_TOLERANCE.default);
  const failed = rows.filter(({ passed }) => !passed);
  if (failed.length > 0) {
    throw new CommandError(`The model does not reproduce ${failed.length} of ${rows.length} golden outputs on ${model.backend}:\n${failed.map(({ id, output, maxError }) => `  ${id} ${output}: largest error ${maxError}`).join('\n')}`);
  }
  return { golden, rows };
}

async function referenceOf(model: RunningModel, options: PackOptions, pipeline: Pipeline | undefined, labels: readonly string[] | undefined): Promise<Uint8Array | undefined> {
  if (options.referenceProfile !== undefined) {
    const bytes = await readBytes(options.referenceProfile);
    parseReference(bytes);
    return bytes;
  }
  if (options.reference === undefined) return undefined;
  const csv = await readCsv(options.reference);
  return encodeJson(await referenceFromCsv(csv, { pipeline, labels, exclude: options.exclude ?? [], predict: pipeline && rowPredictor(model, pipeline) }));
}

async function readLabels(labels: string | undefined): Promise<readonly string[] | undefined> {
  if (labels === undefined) return undefined;
  if (!labels.endsWith('.json')) return labels.split(',').map((label) => label.trim());
  const value = await readJson(labels);
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'string')) throw new CommandError(`${labels}: expected a JSON list of texts.`);
  return value as string[];
}

async function readJson(path: string): Promise<unknown> {
  const text = new TextDecoder().decode(await readBytes(path));
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new CommandError(`${path} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function readBytes(path: string): Promise<Uint8Array> {
  return new Uint8Array(await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`${path} cannot be read: ${error.code === 'ENOENT' ? 'there is no such file' : error.message}.`);
  }));
}

function encodeJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
