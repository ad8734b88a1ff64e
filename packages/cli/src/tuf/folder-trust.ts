import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TrustStore } from '@perigee/registry';

/**
 * A trust store with a file for each role; the file name is percent-encoded. A forgotten role has
 * no file.
 */
export function folderTrust(folder: string): TrustStore {
  const file = (role: string): string => join(folder, `${encodeURIComponent(role)}.json`);
  return {
    read: (role) =>
      readFile(file(role)).then(
        (bytes) => new Uint8Array(bytes),
        () => undefined,
      ),
    async write(role, bytes) {
      await mkdir(dirname(file(role)), { recursive: true });
      await (bytes.byteLength === 0
        ? rm(file(role), { force: true })
        : writeFile(file(role), bytes));
    },
  };
}
