import { readFile } from 'node:fs/promises';
import { basename, dirname, join, posix } from 'node:path';
import { parsePipeline, readGovernance, reader, RegistryError, walkOnnx } from '@perigee/registry';
import type { Governance, OnnxModel, Pipeline } from '@perigee/registry';
import { CommandError } from '../command.ts';

/** A model as it is on disk: its file, and those with tensor data beside it. */
export interface ModelFiles {
  readonly entry: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly onnx: OnnxModel;
}

/** @throws CommandError naming the file */
export async function readModel(path: string): Promise<ModelFiles> {
  const bytes = await readBytes(path);
  const onnx = about(path, () => walkOnnx(bytes));
  const files = new Map([[basename(path), bytes]]);
  for (const external of onnx.externalFiles) {
    // The same rule the manifest's paths have to meet.
    if (external.includes('\\') || external.includes(':') || posix.normalize(external) !== external || external.startsWith('/') || external.startsWith('..')) {
      throw new CommandError(`${path} names the external file "${external}", which is not a plain path inside its folder.`);
    }
    files.set(external, await readBytes(join(dirname(path), external)));
  }
  return { entry: basename(path), files, onnx };
}

export async function readPipeline(path: string): Promise<Pipeline> {
  const bytes = await readBytes(path);
  return about(path, () => parsePipeline(bytes));
}

/** `a,b,c`, or a JSON file with a list of texts. */
export async function readLabels(labels: string): Promise<readonly string[]> {
  const list: unknown = labels.endsWith('.json') ? parse(labels, await readBytes(labels)) : labels.split(',').map((label) => label.trim());
  if (!Array.isArray(list) || list.some((item) => typeof item !== 'string' || item === '')) throw new CommandError(`Labels ${labels}: expected a list of texts, none of them empty.`);
  if (new Set(list).size !== list.length) throw new CommandError(`Labels ${labels}: the same label stands there twice.`);
  return list as string[];
}

export async function readBytes(path: string): Promise<Uint8Array> {
  return new Uint8Array(await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`${path} cannot be read: ${error.code === 'ENOENT' ? 'there is no such file' : error.message}.`);
  }));
}

/** Runs a parser; what it throws gets the file's name. */
export function about<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof RegistryError || (cause instanceof Error && cause.name === 'ProfileError')) throw new CommandError(`${path}: ${cause.message}`, { cause });
    throw cause;
  }
}

function parse(path: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
  } catch (cause) {
    throw new CommandError(`${path} is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

const GOVERNANCE = ['owner', 'intendedUse', 'outOfScopeUse', 'metrics', 'datasets', 'baseModel', 'codeCommit', 'quantization'];

/** Who answers for a model, what for, how good it is and what it is made of; a field nobody knows is most likely misspelt. */
export async function readGovernanceFile(path: string): Promise<Governance> {
  const value = parse(path, await readBytes(path));
  const unknown = typeof value === 'object' && value !== null ? Object.keys(value).find((name) => !GOVERNANCE.includes(name)) : undefined;
  if (unknown !== undefined) throw new CommandError(`${path} has a field "${unknown}", which is none of: ${GOVERNANCE.join(', ')}.`);
  return about(path, () => readGovernance(reader(value)));
}
