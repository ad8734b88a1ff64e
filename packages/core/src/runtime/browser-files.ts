import type { RuntimeFiles } from './runtime.ts';

/** The URL of a file of `dist/browser`. */
type Place = () => URL;

/**
 * The files that every app needs, by name. Bundlers recognise this literal form of a URL: they copy
 * the file as it is, and write the address of the copy.
 */
const files: Record<string, Place> = {
  'inference-worker.js': () => new URL('../browser/inference-worker.js', import.meta.url),
  'updater-worker.js': () => new URL('../browser/updater-worker.js', import.meta.url),
  'ort.wasm.js': () => new URL('../browser/ort.wasm.js', import.meta.url),
  'ort-wasm-simd-threaded.wasm': () =>
    new URL('../browser/ort-wasm-simd-threaded.wasm', import.meta.url),
};

/** Adds the files of an optional part (`perigee/webgpu`, `perigee/tfjs`), which the app imported. */
export function addFiles(more: Readonly<Record<string, Place>>): void {
  Object.assign(files, more);
}

/** Whether the app imported the part that this file belongs to. */
export function hasFile(name: string): boolean {
  return name in files;
}

/**
 * The URL of a file.
 * @param folder the option `assetsUrl`
 * @throws TypeError for an unknown file, or when the bundler left no address
 */
export function fileUrl(name: string, folder: string | null): string {
  const place = files[name];
  if (!place) throw new TypeError(name);
  // Some bundlers give a path in place of a whole URL.
  return absolute(folder ? folder.replace(/\/?$/, `/${name}`) : place().href);
}

/** Makes a URL absolute. A relative one is relative to the page. */
export function absolute(url: string): string {
  return new URL(url, globalThis.document?.baseURI ?? location.href).href;
}

/**
 * The URLs of all files. A file without an address is left out.
 * @param wasmFolder the option `wasmUrl`
 */
export function fileUrls(folder: string | null, wasmFolder: string | null): RuntimeFiles {
  const urls: Record<string, string> = {};
  for (const name in files)
    try {
      urls[name] = fileUrl(name, (name.endsWith('.wasm') ? wasmFolder : null) ?? folder);
    } catch {}
  return urls;
}
