import { readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join, posix, sep } from 'node:path';
import {
  LIMITS,
  parseJson,
  parsePipeline,
  readGovernance,
  reader,
  RegistryError,
  walkOnnx,
} from '@perigee/registry';
import type { Governance, OnnxModel, Pipeline } from '@perigee/registry';
import { readHubFields } from '../card/hub-fields.ts';
import type { HubFields } from '../card/hub-fields.ts';
import { splitCard } from '../card/front-matter.ts';
import { CommandError } from '../command.ts';
import { messageOf } from '../message-of.ts';
import { fillWords } from './rows/fill-words.ts';
import type { CsvTable } from '../csv/read-csv.ts';

/** The files of a model: its .onnx file, and the files with tensor data beside it. */
export interface ModelFiles {
  readonly entry: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly onnx: OnnxModel;
}

/** A model without the bytes of its files. */
export interface ModelFacts extends Pick<ModelFiles, 'entry' | 'onnx'> {
  /** Bytes of all its files. */
  readonly sizeBytes: number;
}

/**
 * Reads a model with the files beside it, and keeps none of their bytes.
 * @throws CommandError naming the file
 */
export async function readModelFacts(path: string): Promise<ModelFacts> {
  const { entry, onnx, files } = await readModel(path);
  const sizes = Array.from(files.values(), ({ byteLength }) => byteLength);
  forget(files);
  return { entry, onnx, sizeBytes: sizes.reduce((sum, size) => sum + size, 0) };
}

/**
 * Frees the bytes of files that nobody needs any more, by a transfer. The garbage collector frees
 * them late: it does not know that the next step needs memory outside of its heap.
 */
export function forget(files: ModelFiles['files']): void {
  const buffers = new Set(Array.from(files.values(), ({ buffer }) => buffer as ArrayBuffer));
  structuredClone(null, { transfer: [...buffers] });
}

/**
 * Reads a model with the files beside it.
 * @throws CommandError naming the file
 */
export async function readModel(path: string): Promise<ModelFiles> {
  const bytes = await readBytes(path);
  const onnx = withFileName(path, () => walkOnnx(bytes));
  const files = new Map([[basename(path), bytes]]);
  for (const external of onnx.externalFiles) {
    // Paths in a manifest must meet the same rule.
    if (
      external.includes('\\') ||
      external.includes(':') ||
      posix.normalize(external) !== external ||
      external.startsWith('/') ||
      external.startsWith('..')
    ) {
      throw new CommandError(
        `${path} names the external file "${external}", which is not a plain path inside its ` +
          'folder.',
      );
    }
    const companion = join(dirname(path), external);
    if (await leadsOut(dirname(path), companion)) {
      throw new CommandError(
        `${path} names the external file "${external}", which is a link to a file outside its ` +
          ('folder. It would be published with the model. Copy the file itself into the ' +
            'folder (cp ') +
          '-L).',
      );
    }
    files.set(external, await readBytes(companion));
  }
  return { entry: basename(path), files, onnx };
}

/** Whether symbolic links on the path lead out of the folder. The folder itself may be a link. */
async function leadsOut(folder: string, path: string): Promise<boolean> {
  const [inside, target] = await Promise.all([realpath(folder), realpath(path).catch(() => null)]);
  // A missing file is reported when it is read.
  return target !== null && !target.startsWith(inside.endsWith(sep) ? inside : `${inside}${sep}`);
}

/**
 * Reads a pipeline. Omitted vocabularies come from `training`, and notes report them.
 * @throws CommandError naming the file
 */
export async function readPipeline(
  path: string,
  training?: CsvTable,
): Promise<{ readonly pipeline: Pipeline; readonly notes: readonly string[] }> {
  const bytes = await readBytes(path);
  // Reports text that is too large or not JSON.
  const value = withFileName(path, () => parseJson(bytes, 'pipeline', LIMITS.manifestBytes));
  const { pipeline, notes } = fillWords(value, training, path);
  const filled = new TextEncoder().encode(JSON.stringify(pipeline));
  return { pipeline: withFileName(path, () => parsePipeline(filled)), notes };
}

/** Reads labels from `a,b,c`, or from a JSON file with a list of texts. */
export async function readLabels(labels: string): Promise<readonly string[]> {
  const list: unknown = labels.endsWith('.json')
    ? parse(labels, await readBytes(labels))
    : labels.split(',').map((label) => label.trim());
  if (!Array.isArray(list) || list.some((item) => typeof item !== 'string' || item === ''))
    throw new CommandError(`Labels ${labels}: expected a list of texts, none of them empty.`);
  if (new Set(list).size !== list.length)
    throw new CommandError(`Labels ${labels}: a label occurs twice.`);
  return list as string[];
}

export async function readBytes(path: string): Promise<Uint8Array> {
  const { buffer, byteOffset, byteLength } = await readFile(path).catch(
    (error: NodeJS.ErrnoException) => {
      throw new CommandError(
        `${path} cannot be read: ` +
          `${error.code === 'ENOENT' ? 'there is no such file' : error.message}.`,
      );
    },
  );
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Runs a parser and adds the file's name to its errors. */
export function withFileName<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof RegistryError || (cause instanceof Error && cause.name === 'ProfileError'))
      throw new CommandError(`${path}: ${cause.message}`, { cause });
    throw cause;
  }
}

function parse(path: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
  } catch (cause) {
    throw new CommandError(`${path} is not JSON: ${messageOf(cause)}`, { cause });
  }
}

/** All known fields. An unknown field, probably a typo, is reported. */
const GOVERNANCE = [
  'owner',
  'intendedUse',
  'outOfScopeUse',
  'metrics',
  'datasets',
  'baseModel',
  'codeCommit',
  'trainedWith',
  'quantization',
];
const METRIC = ['name', 'value', 'dataset', 'slice', 'rows', 'measured'];
const DATASET = ['name', 'sha256', 'license', 'url'];

/**
 * Reads a governance file: owner, purpose, quality and origin of the model.
 * @throws CommandError naming the file and the field
 */
export async function readGovernanceFile(path: string): Promise<Governance> {
  const value = parse(path, await readBytes(path));
  refuseUnknown(path, '', value, GOVERNANCE);
  const governance = withFileName(path, () => readGovernance(reader(value)));
  const { metrics = [], datasets = [] } = value as { metrics?: unknown[]; datasets?: unknown[] };
  for (const [i, metric] of metrics.entries())
    refuseUnknown(path, `metrics[${i}].`, metric, METRIC);
  for (const [i, dataset] of datasets.entries())
    refuseUnknown(path, `datasets[${i}].`, dataset, DATASET);
  return governance;
}

function refuseUnknown(path: string, at: string, value: unknown, known: readonly string[]): void {
  const unknown =
    typeof value === 'object' && value !== null
      ? Object.keys(value).find((name) => !known.includes(name))
      : undefined;
  if (unknown !== undefined)
    throw new CommandError(
      `${path} has a field "${at}${unknown}", which is unknown. Known fields: ${known.join(', ')}.`,
    );
}

/** A model card, and the fields of its front matter that a manifest also has. */
export interface CardFile extends HubFields {
  readonly bytes: Uint8Array;
}

/**
 * Reads a model card.
 * @throws CommandError naming the file when its front matter is invalid
 */
export async function readCardFile(path: string): Promise<CardFile> {
  const bytes = await readBytes(path);
  const { front } = splitCard(new TextDecoder().decode(bytes), path);
  return { bytes, ...withFileName(path, () => readHubFields(front)) };
}
