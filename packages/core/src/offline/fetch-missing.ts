import { messageOf, PerigeeError } from '../error.ts';
import { isNamedByContent, isPage } from './app-files.ts';
import type { AppFile } from './app-files.ts';
import { missingFiles } from './app-size.ts';
import { checkAddress, checkedResponse } from './check-file.ts';
import { KEEPING } from './messages.ts';
import type { AppBuild } from './messages.ts';

/** The progress of `OfflineApp.cache()`. */
export interface CacheProgress {
  readonly bytes: number;
  readonly totalBytes: number;
  readonly files: number;
  readonly totalFiles: number;
}

/** Options of fetching. */
export interface FetchOptions {
  /** Ends fetching. Files that are kept by then stay. */
  readonly signal?: AbortSignal;
  /** Is called as bytes come in. */
  readonly onProgress?: (progress: CacheProgress) => void;
}

/** A fetch that is under way, with its counts. */
interface Fetching {
  readonly build: AppBuild;
  readonly cache: Cache;
  readonly signal: AbortSignal;
  /** Bytes of each file so far. */
  readonly counted: Map<AppFile, number>;
  readonly report: () => void;
}

/** More requests at a time would only compete with those of the page. */
const AT_A_TIME = 3;

/**
 * Fetches what the build still lacks and keeps it. Only one tab does so at a time; another one then
 * finds nothing missing.
 */
export async function fetchMissing(
  build: AppBuild,
  space: { readonly bytes: number; readonly room: number | undefined },
  options: FetchOptions & { readonly signal: AbortSignal },
): Promise<void> {
  if (space.room !== undefined && space.bytes > space.room) throw noRoom(space);
  const { signal } = options;
  signal.throwIfAborted();
  const work = (): Promise<void> => fetchAll(build, options);
  const { locks } = navigator as Partial<Pick<Navigator, 'locks'>>;
  if (!locks) return work();
  await locks.request(`perigee:${build.cacheName}`, { signal }, work);
}

async function fetchAll(
  build: AppBuild,
  { signal, onProgress }: FetchOptions & { readonly signal: AbortSignal },
): Promise<void> {
  const missing = await missingFiles(build);
  // Pages come first: they show at once whether the host has this build.
  const waiting = missing.toSorted((a, b) => Number(isPage(b)) - Number(isPage(a)));
  const totalBytes = missing.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
  const failed = new AbortController();
  let files = 0;
  const counted = new Map<AppFile, number>();
  const report = (): void => {
    const bytes = [...counted.values()].reduce((sum, count) => sum + count, 0);
    onProgress?.({ bytes, totalBytes, files, totalFiles: missing.length });
  };
  const fetching: Fetching = {
    build,
    cache: await caches.open(build.cacheName),
    signal: AbortSignal.any([signal, failed.signal]),
    counted,
    report,
  };
  const next = async (): Promise<void> => {
    for (let file = waiting.shift(); file; file = waiting.shift()) {
      await keepFile(fetching, file);
      files += 1;
      report();
    }
  };
  try {
    report();
    await Promise.all(Array.from({ length: AT_A_TIME }, next));
  } catch (error) {
    failed.abort();
    throw error;
  }
  if ((await missingFiles(build)).length > 0)
    throw new PerigeeError('ABORTED', 'The app was removed while it was kept. Call cache() again.');
}

async function keepFile(fetching: Fetching, file: AppFile): Promise<void> {
  const response = await rightResponse(fetching, file);
  try {
    await fetching.cache.put(file.key, response);
  } catch (error) {
    throw new PerigeeError(
      'QUOTA',
      `The browser did not keep ${file.url}: ${reasonOf(error)}. The user may free disk space ` +
        'or remove models.',
      { cause: error, details: { url: file.url } },
    );
  }
}

/**
 * A file whose name has a hash may come from the browser's HTTP cache. If that has something else,
 * such as a page that a host sent in the middle of a deployment, the host is asked.
 */
async function rightResponse(fetching: Fetching, file: AppFile): Promise<Response> {
  const { files } = fetching.build;
  if (!isNamedByContent(file))
    return checkedResponse(file, await fetchCounted(fetching, file, 'no-cache'), files);
  try {
    return await checkedResponse(file, await fetchCounted(fetching, file, 'force-cache'), files);
  } catch (error) {
    if (!(error instanceof PerigeeError && error.code === 'WRONG_CONTENT')) throw error;
    return checkedResponse(file, await fetchCounted(fetching, file, 'reload'), files);
  }
}

/** Fetches a file and counts its bytes as they come in. */
async function fetchCounted(
  { signal, counted, report }: Fetching,
  file: AppFile,
  cache: RequestCache,
): Promise<Response> {
  counted.set(file, 0);
  try {
    const { url } = file;
    // Another origin would be asked for its permission first.
    const isOwn = new URL(url).origin === location.origin;
    const response = await fetch(url, {
      signal,
      cache,
      ...(isOwn && { headers: { [KEEPING]: 'yes' } }),
    });
    checkAddress(file, response);
    const counter = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, stream) {
        counted.set(file, (counted.get(file) ?? 0) + chunk.byteLength);
        report();
        stream.enqueue(chunk);
      },
    });
    const { status, headers } = response;
    const body = await new Response(response.body?.pipeThrough(counter)).blob();
    return new Response(body, { status, headers });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof PerigeeError) throw error;
    throw new PerigeeError(
      'NETWORK',
      `${file.url} could not be fetched: ${reasonOf(error)}. Try again with a network.`,
      { cause: error, details: { url: file.url } },
    );
  }
}

/** The message of the browser, which may end with a dot. */
function reasonOf(error: unknown): string {
  return messageOf(error).replace(/\.$/, '');
}

function noRoom({ bytes, room }: { readonly bytes: number; readonly room: number | undefined }) {
  return new PerigeeError(
    'QUOTA',
    `The app needs ${bytes} bytes, and the browser has room for ${room}. The user may free disk ` +
      'space or remove models.',
    { details: { bytes, room } },
  );
}
