import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { glob } from 'tinyglobby';
import { createFilter } from 'vite';
import type { ResolvedConfig, Rollup } from 'vite';
import type { PrecacheEntry, ServiceWorkerOptions } from './options.ts';

/** Pages, scripts, styles, wasm, icons. Models are none of them, and the store keeps those. */
const INCLUDE = ['**/*.{html,js,mjs,css,wasm,ico,png,svg,webp,woff2,webmanifest}'];
/** The builds of ONNX Runtime for GPUs. Some hosts and caches refuse files of their size. */
const EXCLUDE = ['**/ort*.{jspi,asyncify}*'];
const REVISION_LENGTH = 16;

type Emitted = Rollup.OutputBundle[string];

/**
 * The files that an app needs offline: what the build emitted, and the public files.
 * @param bundle what the build emitted
 */
export async function precacheEntries(
  bundle: readonly Emitted[],
  { build, publicDir }: ResolvedConfig,
  outDir: string,
  { include = INCLUDE, exclude = EXCLUDE }: ServiceWorkerOptions,
): Promise<PrecacheEntry[]> {
  const isKept = createFilter([...include], [...exclude], { resolve: false });
  const copied =
    publicDir !== '' && build.copyPublicDir ? await glob('**', { cwd: publicDir, dot: true }) : [];
  const hashed = new Set(bundle.filter(hasHashedName).map(({ fileName }) => fileName));
  const names = new Set([...bundle.map(({ fileName }) => fileName), ...copied]);
  const entries = [...names]
    .filter((url) => isKept(url))
    .toSorted()
    .map((url) => entryOf(url, outDir, hashed.has(url)));
  return Promise.all(entries);
}

async function entryOf(url: string, outDir: string, isHashed: boolean): Promise<PrecacheEntry> {
  const bytes = await readFile(join(outDir, url));
  const size = bytes.byteLength;
  if (isHashed) return { url, revision: null, size };
  const digest = createHash('sha256').update(bytes).digest();
  const revision = digest.toString('hex').slice(0, REVISION_LENGTH);
  // Hosts may add to pages.
  if (url.endsWith('.html')) return { url, revision, size };
  return { url, revision, size, integrity: `sha256-${digest.toString('base64')}` };
}

/**
 * Whether the name of a file changes with its content: it is the name that the file was given, and
 * a hash. In doubt it is not, and the entry gets a revision.
 */
function hasHashedName(file: Emitted): boolean {
  const { base } = parse(file.fileName);
  return givenNames(file).some(
    (name) =>
      base.startsWith(name) &&
      /^[-._](?=[\w-]*[A-Z\d])[\w-]{8,}\.\w+$/.test(base.slice(name.length)),
  );
}

/** Vite 5 has no `names`. */
function givenNames(file: Emitted): string[] {
  if (file.type === 'chunk') return [parse(file.name).base];
  const names: readonly (string | undefined)[] = file.names ?? [file.name];
  return names.flatMap((name) => (name === undefined ? [] : [parse(name).name]));
}
