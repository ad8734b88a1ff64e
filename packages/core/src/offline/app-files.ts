/**
 * A file of the app, as build tools list it.
 */
export interface PrecacheEntry {
  /** Relative to the service worker's script, or absolute. */
  readonly url: string;
  /** Changes with the file's content. None for a file whose name has a hash of its content. */
  readonly revision?: string | null;
  /** Bytes of the file as it was built. Without it the file is not counted in `size()`. */
  readonly size?: number;
  /** The same as `size`, which Workbox's own build tools delete. */
  readonly bytes?: number;
  /** A digest that is checked before the file is kept (Subresource Integrity). */
  readonly integrity?: string;
}

/** A file of the app. Page and service worker exchange a list of them. */
export interface AppFile {
  readonly url: string;
  /** The key in the cache: the URL, and the revision unless the name has a hash. */
  readonly key: string;
  readonly bytes: number | undefined;
  readonly integrity: string | undefined;
  /** Whether the file is kept before it is used. Others are kept once the page used them. */
  readonly required: boolean;
}

/** Files of models. Perigee's store keeps models, verified. */
const MODEL_FILE =
  /\.(onnx|ort|tflite|keras|h5|safetensors|gguf)$|\/group\d+-shard\d+of\d+(\.bin)?$/i;
/** Files of a registry, as `perigee publish` names them. */
const REGISTRY_FILES = [
  /\/blobs\/sha256\//,
  /\/deltas\/[0-9a-f]{64}/,
  /\/targets\/(models|channels)\//,
  /\/metadata\/(\d+\.)?(root|timestamp|snapshot|targets|channels)\.json$/,
];

/** Path and query of a file: the last part of the path has a dot. */
export const A_FILE = /^[^?]*\/[^/?]*\.[^/?]*(\?|$)/;

/** Whether Perigee's store keeps the file of this URL, so that no cache should keep it again. */
export function isModelFile(url: string): boolean {
  const { pathname } = new URL(url);
  return [MODEL_FILE, ...REGISTRY_FILES].some((pattern) => pattern.test(pathname));
}

/** Whether the name of the file has a hash of its content, so that its content never changes. */
export function isNamedByContent({ url, key }: AppFile): boolean {
  return url === key;
}

/** Whether the file is a page. */
export function isPage({ url }: AppFile): boolean {
  return /(\.html?|\/)$/.test(new URL(url).pathname);
}

/** The address of the folder that the file is in. */
export function folderOf({ url }: { readonly url: string }): string {
  return new URL('.', url).href;
}

/** The folders that have files whose names have a hash. */
export function foldersOfHashed(files: readonly AppFile[]): ReadonlySet<string> {
  return new Set(files.filter(isNamedByContent).map(folderOf));
}

/** The entries without the files of models, in the form that Workbox takes without a warning. */
export function withoutModels(
  entries: readonly (string | PrecacheEntry)[],
  base: string,
): readonly (PrecacheEntry & { readonly revision: string | null })[] {
  return entries
    .map((entry) => (typeof entry === 'string' ? { url: entry } : entry))
    .filter(({ url }) => !isModelFile(new URL(url, base).href))
    .map((entry) => ({ ...entry, revision: entry.revision ?? null }));
}
