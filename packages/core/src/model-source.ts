import { PerigeeError } from './error.ts';

/** What `loadModel()` takes. */
export type ModelSource = string | URL | ArrayBuffer | Uint8Array | Blob | ReadonlyMap<string, Uint8Array>;

export type ClassifiedSource =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'reference'; readonly ref: string }
  | { readonly kind: 'files'; readonly name: string; readonly entry: string; readonly files: Readonly<Record<string, Uint8Array>> };

/** A text is a model reference (`digits`, `digits@canary`) when it has neither a slash, a scheme nor a model file's ending. */
export async function classifySource(source: ModelSource, resolveUrl: (url: string) => string): Promise<ClassifiedSource> {
  if (source instanceof URL) return { kind: 'url', url: source.href };
  if (typeof source === 'string') {
    const isReference = /^[a-z0-9][a-z0-9._-]*(@[^/\\:]+)?$/.test(source) && !/\.(onnx|ort|json)$/i.test(source);
    return isReference ? { kind: 'reference', ref: source } : { kind: 'url', url: resolveUrl(source) };
  }
  if (source instanceof Uint8Array) return single('model.onnx', source.slice());
  if (source instanceof ArrayBuffer) return single('model.onnx', new Uint8Array(source.slice(0)));
  if (typeof Blob !== 'undefined' && source instanceof Blob) {
    const name = 'name' in source && typeof source.name === 'string' ? source.name : 'model.onnx';
    return single(name, new Uint8Array(await source.arrayBuffer()));
  }
  if (source instanceof Map) return several(source);
  throw new PerigeeError('INVALID_INPUT', `loadModel() takes a URL, a model reference, bytes, a File or a Map of files; got ${source === null ? 'null' : typeof source}.`);
}

function single(name: string, bytes: Uint8Array): ClassifiedSource {
  return { kind: 'files', name, entry: name, files: { [name]: bytes } };
}

function several(source: ReadonlyMap<string, Uint8Array>): ClassifiedSource {
  const entry = [...source.keys()].find((path) => /\.(onnx|ort)$/i.test(path));
  if (entry === undefined) throw new PerigeeError('INVALID_INPUT', `None of the files is an .onnx or .ort model: ${[...source.keys()].join(', ') || 'the map is empty'}.`);
  return { kind: 'files', name: entry, entry, files: Object.fromEntries([...source].map(([path, bytes]) => [path, bytes.slice()])) };
}
