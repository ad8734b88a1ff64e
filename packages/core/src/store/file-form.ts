import { hasOpfs } from './opfs-files.ts';

/** How a model's files are kept once they are whole: one file each in the origin private file system, one Blob each in the database, or as the chunks they came in. */
export type FileForm = 'opfs' | 'blob' | 'chunks';

/**
 * What this browser reads fastest (`npm run bench -- storage`; figures in bench/RESULTS.md). It is not measured on the device: what decides is the browser.
 * WebKit loses Blobs that are in IndexedDB (https://bugs.webkit.org/show_bug.cgi?id=188438).
 */
export async function chooseFileForm(): Promise<FileForm> {
  const agent = (globalThis as { navigator?: { userAgent?: string } }).navigator?.userAgent ?? '';
  if (/Chrom(e|ium)\//.test(agent)) return 'blob';
  if (await hasOpfs()) return 'opfs';
  return /AppleWebKit/.test(agent) ? 'chunks' : 'blob';
}
