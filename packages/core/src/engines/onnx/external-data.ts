import type { EngineFiles } from '../engine.ts';
import { externalFiles } from './graph-facts.ts';

export interface ExternalData {
  readonly path: string;
  readonly data: Uint8Array;
}

/**
 * The files beside a model, under the paths that the model gives them. If there is no file at a
 * path, the only file of the same name in another folder is used: file dialogs give no folders.
 */
export function externalData(model: Uint8Array, { entry, files }: EngineFiles): ExternalData[] {
  const folder = entry.slice(0, entry.lastIndexOf('/') + 1);
  const inFolder = (path: string): string =>
    (path.startsWith(folder) ? path.slice(folder.length) : path).replace(/^\.\//, '');
  const others = Object.entries(files)
    .filter(([path]) => path !== entry)
    .map(([path, data]) => ({ path: inFolder(path), data }));
  if (others.length === 0) return [];
  const elsewhere: ExternalData[] = [];
  for (const path of externalFiles(model)) {
    if (others.some((other) => other.path === path)) continue;
    const [only, ...more] = others.filter((other) => nameOf(other.path) === nameOf(path));
    if (only && more.length === 0) elsewhere.push({ path, data: only.data });
  }
  return [...others, ...elsewhere];
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
