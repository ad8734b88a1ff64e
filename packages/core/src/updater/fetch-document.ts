import { isAbsent, layout, mayBeAbsent } from '@perigee/registry';
import { PerigeeError } from '../error.ts';
import type { FetchBytes } from './fetch-bytes.ts';
import { foreignContent } from './foreign-content.ts';

/** The hosts of a registry. */
export interface Hosts {
  /** Base URLs: the registry's, then the mirrors'. */
  readonly bases: readonly string[];
  readonly fetch: FetchBytes;
}

/** A document to fetch. */
export interface Document {
  readonly path: string;
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
  /** Whether bytes are the listed ones. Absent: any JSON is taken. */
  readonly isRight?: (bytes: Uint8Array) => Promise<boolean>;
}

const NEVER_CACHED: ReadonlySet<string> = new Set([layout.timestamp, layout.root(1)]);

/** Limits for a mirror, when the previous host does not have the file. */
const IMPATIENT = { attempts: 1, stallMs: 10_000, slowMs: 10_000 } as const;

/** Absolute URLs of an object: the registry's, then the mirrors'. */
export function urlsOf({ bases }: Pick<Hosts, 'bases'>, path: string): readonly string[] {
  return bases.map((base) => new URL(path, base.endsWith('/') ? base : `${base}/`).href);
}

/**
 * Fetches a JSON document from the first host that serves it correctly. Everything except chunks is
 * JSON, so HTML and other wrong content is recognised.
 * @throws the fault of the last host; if a host said that the file does not exist, that
 */
export async function fetchDocument(hosts: Hosts, document: Document): Promise<Uint8Array> {
  const { path, signal } = document;
  let fault: unknown;
  for (const url of urlsOf(hosts, path)) {
    const absent = mayBeAbsent(path) && saysAbsent(path, fault);
    try {
      return await fetchFrom(hosts, url, document, absent);
    } catch (error) {
      signal?.throwIfAborted();
      // If a previous host said that the file does not exist, that remains the answer, whatever
      // fails at the other hosts.
      if (!absent) fault = error;
    }
  }
  throw fault;
}

/** Fetches from one host. Wrong bytes may come from a cache, so it is bypassed once. */
async function fetchFrom(
  { fetch }: Hosts,
  url: string,
  { path, maxBytes, signal, isRight }: Document,
  absent: boolean,
): Promise<Uint8Array> {
  // Bypass caches for files that may change under the same name.
  for (const reload of isRight ? [false, true] : [NEVER_CACHED.has(path)]) {
    const bytes = await fetch(url, { maxBytes, signal, reload, ...(absent && IMPATIENT) });
    const foreign = foreignContent(bytes);
    if (foreign)
      throw new PerigeeError('WRONG_CONTENT', `${url} answered ${foreign}.`, { details: { url } });
    if (!isRight || (await isRight(bytes))) return bytes;
  }
  throw new PerigeeError(
    'INTEGRITY',
    `${url} is not what the registry's metadata lists. The host serves changed ` +
      'bytes; publish again or check for a proxy that rewrites files.',
    { details: { url } },
  );
}

/**
 * Whether an error means that a host does not have a file. Some hosts answer with a status, some
 * with their index page.
 */
export function saysAbsent(path: string, error: unknown): boolean {
  if (!(error instanceof PerigeeError)) return false;
  if (error.code === 'WRONG_CONTENT') return mayBeAbsent(path);
  return error.code === 'MODEL_NOT_FOUND' || isAbsent(path, Number(error.details['status']));
}
