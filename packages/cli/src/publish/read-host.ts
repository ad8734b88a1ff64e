import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A host's answer for a file. Answers from a folder have no headers. */
export interface HostAnswer {
  readonly status: number;
  readonly bytes: Uint8Array;
  readonly headers: Headers | null;
  readonly url: string;
  readonly redirected: boolean;
}

export type ReadHost = (path: string) => Promise<HostAnswer>;

const TIMEOUT_MS = 60_000;

/**
 * Opens a host or a folder.
 * @param origin the app's origin, as a browser sends it
 */
export function openHost(base: string, origin: string): ReadHost {
  if (!/^https?:/.test(base)) {
    return async (path) => {
      const bytes = await readFile(join(base, path)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT' && error.code !== 'EISDIR') throw error;
      });
      return {
        status: bytes ? 200 : 404,
        bytes: bytes ?? new Uint8Array(),
        headers: null,
        url: path,
        redirected: false,
      };
    };
  }
  const root = base.endsWith('/') ? base : `${base}/`;
  return async (path) => {
    const url = new URL(path, root).href;
    const response = await fetch(url, {
      headers: { origin, 'accept-encoding': 'gzip, br' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return {
      status: response.status,
      bytes: new Uint8Array(await response.arrayBuffer()),
      headers: response.headers,
      url,
      redirected: response.redirected,
    };
  };
}
