import { hasOpfs } from './opfs-files.ts';

/**
 * How a whole file is stored: as a file in the origin private file system, as a Blob in the
 * database, or as the chunks it came in.
 */
export type FileForm = 'opfs' | 'blob' | 'chunks';

/**
 * Returns the form that this browser reads fastest. Milliseconds to read 45 MB in a new browser,
 * the fastest of nine runs, as ArrayBuffer / chunks / Blob / OPFS: Chromium 156: 214 / 232 / 46 /
 * 48 (medians 61 and 173 for the last two); Firefox 153: 729 / 276 / 162 / 49. Measured by `npm run
 * bench -- storage`; all results are in bench/RESULTS.md. WebKit loses Blobs in IndexedDB
 * (https://bugs.webkit.org/show_bug.cgi?id=188438).
 */
export async function chooseFileForm(): Promise<FileForm> {
  const agent = (globalThis as { navigator?: { userAgent?: string } }).navigator?.userAgent ?? '';
  if (/Chrom(e|ium)\//.test(agent)) return 'blob';
  if (await hasOpfs()) return 'opfs';
  return /AppleWebKit/.test(agent) ? 'chunks' : 'blob';
}
