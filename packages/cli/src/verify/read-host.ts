import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A file as a host gives it; from a folder it comes without headers. */
export interface HostAnswer {
  readonly status: number;
  readonly bytes: Uint8Array;
  readonly headers: Headers | null;
  readonly url: string;
  readonly redirected: boolean;
}

export type ReadHost = (path: string) => Promise<HostAnswer>;

const TIMEOUT_MS = 60_000;

/** @param origin the app's, as a browser would send it */
export function openHost(base: string, origin: string): ReadHost {
  if (!/^https?:/.test(base)) {
    return async (path) => {
      const bytes = await readFile(join(base, path)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT' && error.code !== 'EISDIR') throw error;
      });
      return { status: bytes ? 200 : 404, bytes: bytes ?? new Uint8Array(), headers: null, url: path, redirected: false };
    };
  }
  const root = base.endsWith('/') ? base : `${base}/`;
  return async (path) => {
    const url = new URL(path, root).href;
    const response = await fetch(url, { headers: { origin, 'accept-encoding': 'gzip, br' }, signal: AbortSignal.timeout(TIMEOUT_MS) });
    return { status: response.status, bytes: new Uint8Array(await response.arrayBuffer()), headers: response.headers, url, redirected: response.redirected };
  };
}
