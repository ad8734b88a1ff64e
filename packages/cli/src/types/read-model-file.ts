import { relative, resolve, sep } from 'node:path';
import { walkOnnx } from '@perigee/registry';
import type { Signature } from '@perigee/registry';
import type { TypedFile } from '@perigee/registry/types';
import { loadModel } from 'perigee';
import { readBytes, withFileName } from '../pack/read-files.ts';

/**
 * Reads the signature of a model file.
 * @param publicFolder folder that the app's host serves as its root
 * @throws CommandError, RegistryError or PerigeeError when the file is no model
 */
export async function readModelFile(path: string, publicFolder: string): Promise<TypedFile> {
  return { url: urlOf(path, publicFolder), signature: await signatureOf(path) };
}

/** `public/models/x.onnx` → `/models/x.onnx`. Another file has its path from the present folder. */
function urlOf(path: string, publicFolder: string): string {
  const served = plainPath(relative(publicFolder, path));
  if (!served.startsWith('../')) return `/${served}`;
  const here = plainPath(relative('.', path));
  return here.startsWith('../') ? here : `./${here}`;
}

function plainPath(path: string): string {
  return path.split(sep).join('/');
}

/** Opens other formats than ONNX as an app would. */
async function signatureOf(path: string): Promise<Signature> {
  if (path.endsWith('.onnx')) {
    const bytes = await readBytes(path);
    const { inputs, outputs } = withFileName(path, () => walkOnnx(bytes));
    return { inputs, outputs };
  }
  const model = await loadModel(resolve(path));
  const { signature } = model;
  await model.dispose();
  return signature;
}
