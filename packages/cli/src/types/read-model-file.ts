import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { Signature } from '@perigee/registry';
import type { TypedFile } from '@perigee/registry/types';
import { loadModel } from 'perigee';

/**
 * Reads the signature of a model file.
 * @param publicFolder folder that the app's host serves as its root
 * @throws PerigeeError when the file is no model that runs here
 */
export async function readModelFile(path: string, publicFolder: string): Promise<TypedFile> {
  return { url: urlOf(path, publicFolder), signature: await signatureOf(path) };
}

/** `public/models/x.onnx` → `/models/x.onnx`. Another file has its path from the present folder. */
function urlOf(path: string, publicFolder: string): string {
  const served = pathFrom(publicFolder, path);
  if (isInside(served)) return `/${served}`;
  const here = pathFrom('.', path);
  return isInside(here) ? `./${here}` : here;
}

/** The path of a file from a folder, with forward slashes. */
export function pathFrom(folder: string, path: string): string {
  return relative(folder, path).split(sep).join('/');
}

/** On Windows the path from a folder of another drive is absolute. */
function isInside(path: string): boolean {
  return !path.startsWith('../') && !isAbsolute(path);
}

/** Opens the model as an app would, because an app's model has the same signature then. */
export async function signatureOf(path: string): Promise<Signature> {
  const model = await loadModel(resolve(path));
  const { signature } = model;
  await model.dispose();
  return signature;
}
