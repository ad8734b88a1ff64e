import { PerigeeError } from '../error.ts';

/**
 * An unrecorded file this old was left by a worker that ended while writing. A younger one may
 * still be being written.
 */
const LEFTOVER_MS = 3_600_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A type that TypeScript has only in its worker library. */
interface SyncAccessHandle {
  getSize(): number;
  read(into: Uint8Array, options: { readonly at: number }): number;
  write(bytes: Uint8Array, options: { readonly at: number }): number;
  flush(): void;
  close(): void;
}
type FileHandle = FileSystemFileHandle & {
  createSyncAccessHandle(options?: { readonly mode: 'read-only' }): Promise<SyncAccessHandle>;
};

/**
 * Resolves to undefined where the file cannot be read in this way. Shared and service workers have
 * no such handles. Browsers without the "read-only" mode refuse a second reader.
 */
async function openForReading(file: FileHandle): Promise<SyncAccessHandle | undefined> {
  if (!('createSyncAccessHandle' in file)) return undefined;
  return file.createSyncAccessHandle({ mode: 'read-only' }).catch(() => undefined);
}

/**
 * Files of one database in the origin private file system. Each is written once and never changed.
 * The database records which files are valid.
 */
export interface OpfsFiles {
  /**
   * Writes parts one after the other and flushes them. Record the name only after this resolves; an
   * unrecorded file is never read.
   */
  write(parts: readonly (() => Promise<Uint8Array>)[]): Promise<string>;
  /** Undefined for a missing file. */
  read(name: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** A Blob for reading a part of the file; undefined for a missing file. */
  blob(name: string): Promise<Blob | undefined>;
  /** Removes a file. A file that is being read stays and becomes a leftover. */
  remove(name: string): Promise<void>;
  /**
   * Removes files left by workers that ended while writing. `recorded` is called after the files
   * are listed.
   */
  removeLeftovers(recorded: () => Promise<readonly string[]>): Promise<void>;
}

/**
 * Whether this worker may write such files. Private modes refuse, and only dedicated workers have
 * synchronous handles.
 */
export async function hasOpfs(): Promise<boolean> {
  if (
    typeof FileSystemFileHandle === 'undefined' ||
    !('createSyncAccessHandle' in FileSystemFileHandle.prototype)
  )
    return false;
  return navigator.storage.getDirectory().then(
    () => true,
    () => false,
  );
}

export function opfsFiles(database: string): OpfsFiles {
  const folder = async (): Promise<FileSystemDirectoryHandle> =>
    (await navigator.storage.getDirectory()).getDirectoryHandle(database, { create: true });
  const find = async (name: string): Promise<FileHandle | undefined> =>
    (await folder()).getFileHandle(name).then((file) => file as FileHandle, ignoreMissing);
  // The file may be removed meanwhile.
  const whole = async (file: FileHandle | undefined): Promise<Blob | undefined> =>
    file?.getFile().catch(ignoreMissing);
  const remove = async (name: string): Promise<void> =>
    (await folder()).removeEntry(name).catch(ignoreMissingOrBusy);

  return {
    async write(parts) {
      const name = crypto.randomUUID();
      const handle = await (
        (await (await folder()).getFileHandle(name, { create: true })) as FileHandle
      ).createSyncAccessHandle();
      try {
        let at = 0;
        for (const part of parts) {
          const bytes = await part();
          if (handle.write(bytes, { at }) !== bytes.byteLength)
            throw new PerigeeError(
              'QUOTA',
              'A file was written only in part: there is no room left on this device.',
            );
          at += bytes.byteLength;
        }
        handle.flush();
        handle.close();
        return name;
      } catch (error) {
        handle.close();
        await remove(name).catch(() => undefined);
        throw error;
      }
    },
    async read(name) {
      const file = await find(name);
      if (!file) return undefined;
      const handle = await openForReading(file);
      if (!handle)
        return whole(file)
          .then((blob) => blob?.arrayBuffer())
          .then((bytes) => bytes && new Uint8Array(bytes), ignoreMissing);
      try {
        const bytes = new Uint8Array(handle.getSize());
        handle.read(bytes, { at: 0 });
        return bytes;
      } finally {
        handle.close();
      }
    },
    blob: async (name) => whole(await find(name)),
    remove,
    async removeLeftovers(recorded) {
      const old: string[] = [];
      for await (const [name, file] of (await folder()).entries()) {
        // The app may keep its own files in this folder.
        if (
          UUID.test(name) &&
          file.kind === 'file' &&
          Date.now() - (await (file as FileHandle).getFile()).lastModified > LEFTOVER_MS
        )
          old.push(name);
      }
      const names = new Set(old.length > 0 ? await recorded() : []);
      for (const name of old) if (!names.has(name)) await remove(name);
    },
  };
}

function ignoreMissing(error: unknown): undefined {
  if (!(error instanceof Error && error.name === 'NotFoundError')) throw error;
}

function ignoreMissingOrBusy(error: unknown): undefined {
  if (!(error instanceof Error && error.name === 'NoModificationAllowedError'))
    ignoreMissing(error);
}
