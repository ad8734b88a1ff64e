import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { CommandError } from '../command.ts';

const LOCK = '.publishing';
/**
 * A lock file is written at once. If it is still incomplete after this time, its command was
 * killed.
 */
const WRITTEN_MS = 10_000;

/** Content of a lock file: the process that holds the lock. */
interface Owner {
  readonly host: string;
  readonly pid: number;
  /**
   * Start time of the process, in the system's unit; absent if the system does not report it. In a
   * container, process ids repeat.
   */
  readonly started?: string;
}

/** Folders that this process is writing to. */
const held = new Set<string>();

/**
 * Runs one writer of a registry at a time. Two writers would read the same state, and the later one
 * would drop the changes of the earlier. A lock file of a killed command of this machine is
 * removed.
 * @throws CommandError if another writer holds the lock
 */
export async function withLock<T>(root: string, run: () => Promise<T>): Promise<T> {
  const path = join(resolve(root), LOCK);
  if (held.has(path)) throw isHeld(root);
  held.add(path);
  try {
    await mkdir(root, { recursive: true });
    if (!(await mark(path)) && !((await removeAbandoned(path)) && (await mark(path))))
      throw isHeld(root);
    try {
      return await run();
    } finally {
      await rm(path, { force: true });
    }
  } finally {
    held.delete(path);
  }
}

function isHeld(root: string): CommandError {
  return new CommandError(
    `Another command is writing to ${root}. Try again when it is done. If none is running, one was ` +
      `killed on another machine: delete ${join(root, LOCK)}.`,
  );
}

async function mark(path: string): Promise<boolean> {
  const started = await startOf(process.pid);
  const owner: Owner = {
    host: hostname(),
    pid: process.pid,
    ...(started !== undefined && { started }),
  };
  try {
    await writeFile(path, JSON.stringify(owner), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes the lock file if its process was on this machine and has ended. */
async function removeAbandoned(path: string): Promise<boolean> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  // The other command has removed its lock file in the meantime.
  if (text === undefined) return true;
  const owner = parseOwner(text);
  const isDead = owner
    ? owner.host === hostname() && !(await isAlive(owner))
    : (await ageOf(path)) > WRITTEN_MS;
  return isDead && (await takeAway(path, text));
}

/**
 * Removes the lock file that was read. Another command may have replaced it since, so it is moved
 * first, and moved back if it is a different one. Returns false if it was moved back.
 */
async function takeAway(path: string, read: string): Promise<boolean> {
  const aside = `${path}-${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
    throw error;
  }
  try {
    if ((await readFile(aside, 'utf8')) === read) return true;
    await link(aside, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    return false;
  } finally {
    await rm(aside, { force: true });
  }
}

function parseOwner(text: string): Owner | undefined {
  try {
    const { host, pid, started } = JSON.parse(text) as Partial<Record<keyof Owner, unknown>>;
    if (typeof host === 'string' && Number.isInteger(pid))
      return { host, pid: Number(pid), ...(typeof started === 'string' && { started }) };
  } catch {
    // The file is not a lock file of Perigee.
  }
  return undefined;
}

async function isAlive({ pid, started }: Owner): Promise<boolean> {
  // This process is not writing there, so an earlier process had its id. If the start time is
  // known, compare that instead, because another thread of this process may be writing.
  if (pid === process.pid && started === undefined) return false;
  try {
    // Signal 0 only tests whether the process exists.
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = await startOf(pid);
  return started === undefined || now === undefined || now === started;
}

/**
 * On Linux: field 22 of /proc/<pid>/stat, in clock ticks since boot. The name before it may contain
 * spaces and parentheses.
 */
async function startOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
}

async function ageOf(path: string): Promise<number> {
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.NEGATIVE_INFINITY }));
  return Date.now() - mtimeMs;
}
