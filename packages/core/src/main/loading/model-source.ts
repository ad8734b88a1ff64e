import type { ModelFormat } from '../../config.ts';

/** A source of `loadModel()`: a URL or model reference, bytes, a file, or several files by path. */
export type ModelSource =
  | string
  | URL
  | ArrayBuffer
  | Uint8Array
  | Blob
  | readonly File[]
  | ReadonlyMap<string, Uint8Array | ArrayBuffer | Blob>;

export type ClassifiedSource =
  | { readonly kind: 'url'; readonly url: string; format?: ModelFormat | undefined }
  | { readonly kind: 'reference'; readonly ref: string }
  | {
      readonly kind: 'files';
      readonly files: Readonly<Record<string, Blob>>;
      format?: ModelFormat | undefined;
    };

/**
 * Classifies a source. A text is a model reference (`digits`, `digits@canary`) if it has no slash,
 * no scheme and no file extension of a model, and no `format` says that it is a file.
 * @throws TypeError for an invalid source: a wrong URL, another type, or a detached buffer
 */
export function classifySource(
  source: ModelSource,
  resolveUrl: (url: string) => string,
  format?: ModelFormat,
): ClassifiedSource {
  if (source instanceof URL) return { kind: 'url', url: source.href, format };
  if (typeof source === 'string') {
    const isReference =
      !format &&
      /^[a-z0-9][a-z0-9._-]*(@[^/\\:]+)?$/.test(source) &&
      !/\.(onnx|ort|json)(\.gz)?$/i.test(source);
    return isReference
      ? { kind: 'reference', ref: source }
      : { kind: 'url', url: resolveUrl(source), format };
  }
  const named =
    source instanceof Map
      ? [...source]
      : (Array.isArray(source) ? source : [source]).map((file: Partial<File>) => [
          file?.webkitRelativePath?.split('/').slice(1).join('/') || (file?.name ?? 'model.onnx'),
          file,
        ]);
  if (
    !named.every(
      ([, bytes]) =>
        bytes instanceof Blob || bytes instanceof ArrayBuffer || bytes instanceof Uint8Array,
    )
  )
    throw new TypeError();
  // A Blob is an immutable copy, and workers read it without the page's help.
  return {
    kind: 'files',
    format,
    files: Object.fromEntries(
      named.map(([path, bytes]) => [path, bytes instanceof Blob ? bytes : new Blob([bytes])]),
    ),
  };
}
