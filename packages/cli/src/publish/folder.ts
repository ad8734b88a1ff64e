import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { CommandError } from '../command.ts';

/** Where a registry or release is written. A reader of it never sees half a file. */
export interface Folder {
  readonly path: string;
  /** Undefined when there is no such file. */
  read(path: string): Promise<Uint8Array | undefined>;
  exists(path: string): Promise<boolean>;
  /** Durable when it resolves: written beside, flushed, then renamed. */
  write(path: string, bytes: Uint8Array): Promise<void>;
}

export function openFolder(root: string): Folder {
  return {
    path: root,
    async read(path) {
      return readFile(join(root, path)).then((bytes) => new Uint8Array(bytes), (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
    },
    exists: (path) => stat(join(root, path)).then(() => true, () => false),
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

const LOCK = '.publishing';

/**
 * Runs one writer of a registry at a time: two would read the same state, and the later one would drop what the earlier one published.
 * The mark of a command of this machine that was killed is taken away.
 * @throws CommandError while another one holds it
 */
export async function withLock<T>(root: string, run: () => Promise<T>): Promise<T> {
  await mkdir(root, { recursive: true });
  const path = join(root, LOCK);
  if (!(await mark(path)) && !((await isAbandoned(path)) && (await mark(path)))) {
    throw new CommandError(`Another command is writing to ${root}. Try again when it is done. If none is, one was killed on another machine: delete ${path}.`);
  }
  try {
    return await run();
  } finally {
    await rm(path, { force: true });
  }
}

async function mark(path: string): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify({ host: hostname(), pid: process.pid }), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes the mark when its process was on this machine and is no more. */
async function isAbandoned(path: string): Promise<boolean> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const [, host, pid] = /^\{"host":"([^"]*)","pid":([0-9]+)\}$/.exec(text) ?? [];
  if (host !== hostname() || pid === undefined || isAlive(Number(pid))) return false;
  await rm(path, { force: true });
  return true;
}

function isAlive(pid: number): boolean {
  try {
    // Signal 0 only asks.
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
