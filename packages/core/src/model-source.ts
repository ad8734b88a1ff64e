import { PerigeeError } from './error.ts';

/** What `loadModel()` takes. */
export type ModelSource = string | URL | ArrayBuffer | Uint8Array | Blob | readonly File[] | ReadonlyMap<string, Uint8Array | ArrayBuffer | Blob>;

export type ClassifiedSource =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'reference'; readonly ref: string }
  | { readonly kind: 'files'; readonly files: Readonly<Record<string, Blob>> };

/** A text is a model reference (`digits`, `digits@canary`) when it has neither a slash, a scheme nor a model file's ending. */
export function classifySource(source: ModelSource, resolveUrl: (url: string) => string): ClassifiedSource {
  if (source instanceof URL) return { kind: 'url', url: source.href };
  if (typeof source === 'string') {
    const isReference = /^[a-z0-9][a-z0-9._-]*(@[^/\\:]+)?$/.test(source) && !/\.(onnx|ort|json)$/i.test(source);
    return isReference ? { kind: 'reference', ref: source } : { kind: 'url', url: resolveUrl(source) };
  }
  const named = source instanceof Map ? [...source] : (Array.isArray(source) ? source : [source]).map((file: Partial<File>) => [file?.webkitRelativePath?.split('/').slice(1).join('/') || (file?.name ?? 'model.onnx'), file]);
  const wrong = named.find(([, bytes]) => !(bytes instanceof Blob || bytes instanceof ArrayBuffer || bytes instanceof Uint8Array));
  if (wrong) throw new PerigeeError('INVALID_INPUT', `loadModel() takes a URL, a model reference, bytes, a File, a list of Files or a Map of files; got ${wrong[1] === null ? 'null' : typeof wrong[1]}.`);
  // A Blob is a copy that cannot change, and workers read it without the page having to.
  return { kind: 'files', files: Object.fromEntries(named.map(([path, bytes]) => [path, bytes instanceof Blob ? bytes : new Blob([bytes])])) };
}
