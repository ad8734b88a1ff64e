import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { layout } from '@perigee/registry';
import { writeModelTypes } from '@perigee/registry/types';
import type { TypedFile, TypedModel } from '@perigee/registry/types';
import { CommandError } from '../command.ts';
import { readBytes, withFileName } from '../pack/read-files.ts';
import { openFolder } from '../publish/folder.ts';
import { readModelFile } from './read-model-file.ts';
import { modelOfRelease, modelsOfRegistry } from './read-models.ts';

/** The text of a declaration file, and what it declares. */
export interface ModelTypesFile {
  readonly text: string;
  readonly refs: readonly string[];
  readonly urls: readonly string[];
}

/**
 * Makes the TypeScript declarations of models.
 * @param sources registries, releases, manifests and model files
 * @param publicFolder folder that the app's host serves as its root
 * @param command that writes the file; the first line names it
 * @throws CommandError when a source is none of these, or two sources declare the same name
 * @example
 * ```ts
 * const { text } = await makeModelTypes(['./registry', 'public/model.onnx'], 'public');
 * ```
 */
export async function makeModelTypes(
  sources: readonly string[],
  publicFolder: string,
  command = 'perigee types',
): Promise<ModelTypesFile> {
  const models: TypedModel[] = [];
  const files: TypedFile[] = [];
  for (const source of sources) {
    const read = await readSource(source, publicFolder);
    models.push(...(read.models ?? []));
    files.push(...(read.files ?? []));
  }
  const refs = models.flatMap((model) => model.refs);
  const urls = files.map(({ url }) => url);
  refuseRepeated([...refs, ...urls]);
  return { text: writeModelTypes(models, files, command), refs, urls };
}

interface Read {
  readonly models?: readonly TypedModel[];
  readonly files?: readonly TypedFile[];
}

async function readSource(source: string, publicFolder: string): Promise<Read> {
  if (/^(https?|s3):\/\//.test(source)) return { models: await modelsOfRegistry(source) };
  const found = await stat(source).catch(() => undefined);
  if (!found) throw new CommandError(`There is no file or folder "${source}".`);
  if (found.isDirectory()) return { models: await readFolder(source) };
  const bytes = source.endsWith('.json') ? await readBytes(source) : undefined;
  if (bytes && isManifest(bytes))
    return { models: [withFileName(source, () => modelOfRelease(bytes))] };
  return { files: [await readModelFile(source, publicFolder)] };
}

async function readFolder(source: string): Promise<readonly TypedModel[]> {
  const folder = openFolder(source);
  if (await folder.exists(layout.timestamp)) return modelsOfRegistry(source);
  const bytes = await folder.read('manifest.json');
  if (bytes) return [withFileName(join(source, 'manifest.json'), () => modelOfRelease(bytes))];
  throw new CommandError(
    `${source} is neither a registry nor a packed release: it has no ${layout.timestamp} and ` +
      'no manifest.json. Name model files one by one.',
  );
}

/** Whether the JSON is the manifest of a release. A model of TensorFlow.js is JSON too. */
function isManifest(bytes: Uint8Array): boolean {
  return new TextDecoder().decode(bytes).includes('"perigee-model/1"');
}

function refuseRepeated(keys: readonly string[]): void {
  const repeated = keys.find((key, index) => keys.indexOf(key) !== index);
  if (repeated !== undefined)
    throw new CommandError(`Two of the sources declare "${repeated}". Leave one of them out.`);
}
