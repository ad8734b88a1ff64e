import { writeImportTypes } from '@perigee/registry/types';
import type { ImportedFile } from '@perigee/registry/types';
import { pathFrom, signatureOf } from './read-model-file.ts';

/**
 * Makes the declarations of model files that an app imports as URLs.
 * @param folder of the app
 * @param command that writes the file; the first line names it
 * @throws PerigeeError when a file is no model that runs here
 * @example
 * ```ts
 * await makeImportTypes(['src/digits.onnx'], '.', 'vite');
 * ```
 */
export async function makeImportTypes(
  paths: readonly string[],
  folder: string,
  command: string,
): Promise<string> {
  const files: ImportedFile[] = [];
  for (const path of paths)
    files.push({ path: pathFrom(folder, path), signature: await signatureOf(path) });
  return writeImportTypes(files, command);
}
