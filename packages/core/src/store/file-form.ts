import { hasOpfs } from './opfs-files.ts';

/** How a model's files are kept once they are whole: one file each in the origin private file system, one Blob each in the database, or as the chunks they came in. */
export type FileForm = 'opfs' | 'blob' | 'chunks';

/**
 * What this browser reads fastest. Of 45 MB in a new browser, fastest of nine, milliseconds as one ArrayBuffer / chunks / Blob / OPFS: Chromium 156
 * 214 / 232 / 46 / 48 (medians 61 and 173 for the last two), Firefox 153 729 / 276 / 162 / 49; `npm run bench -- storage`, all of it in bench/RESULTS.md.
 * WebKit loses Blobs that are in IndexedDB (https://bugs.webkit.org/show_bug.cgi?id=188438).
 */
export async function chooseFileForm(): Promise<FileForm> {
  const agent = (globalThis as { navigator?: { userAgent?: string } }).navigator?.userAgent ?? '';
  if (/Chrom(e|ium)\//.test(agent)) return 'blob';
  if (await hasOpfs()) return 'opfs';
  return /AppleWebKit/.test(agent) ? 'chunks' : 'blob';
}
