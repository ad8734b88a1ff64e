import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { undefinedIfAbsent } from '../absent-file.ts';

/** Storage of a registry or release. A reader never sees half a file. */
export interface Folder {
  readonly path: string;
  /** Undefined when there is no such file. */
  read(path: string): Promise<Uint8Array | undefined>;
  exists(path: string): Promise<boolean>;
  /** Writes durably: to a file beside it, flushed, then renamed. */
  write(path: string, bytes: Uint8Array): Promise<void>;
}

export function openFolder(root: string): Folder {
  return {
    path: root,
    async read(path) {
      const bytes = await readFile(join(root, path)).catch(undefinedIfAbsent);
      return bytes && new Uint8Array(bytes);
    },
    exists: (path) =>
      stat(join(root, path)).then(
        () => true,
        () => false,
      ),
    async write(path, bytes) {
      const file = join(root, path);
      await mkdir(dirname(file), { recursive: true });
      const temporary = `${file}.${randomUUID()}.tmp`;
      try {
        const handle = await open(temporary, 'w');
        try {
          await handle.writeFile(bytes);
          await handle.sync();
        } finally {
          await handle.close();
        }
        await rename(temporary, file);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    },
  };
}
