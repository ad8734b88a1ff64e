import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { CommandError } from '../command.ts';

const LOCK = '.publishing';
/** A mark is written at once; one that is still not whole after so long was left by a command that was killed. */
const WRITTEN_MS = 10_000;

/** The content of a mark: the process that holds the lock. */
interface Owner {
  readonly host: string;
  readonly pid: number;
  /**
   * When the process started, as the system counts; absent where it does not say. In a container
   * the same id comes again and again.
   */
  readonly started?: string;
}

/** Folders that this process writes to now. */
const held = new Set<string>();

/**
 * Runs one writer of a registry at a time: two would read the same state, and the later one would
 * drop what the earlier one published. The mark of a command of this machine that was killed is
 * taken away.
 * @throws CommandError while another one holds it
 */
export async function withLock<T>(root: string, run: () => Promise<T>): Promise<T> {
  const path = join(resolve(root), LOCK);
  if (held.has(path)) throw isHeld(root);
  held.add(path);
  try {
    await mkdir(root, { recursive: true });
    if (!(await mark(path)) && !((await removeAbandoned(path)) && (await mark(path)))) throw isHeld(root);
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
    `Another command is writing to ${root}. Try again when it is done. If none is, one was `
      + `killed on another machine: delete ${join(root, LOCK)}.`,
  );
}

async function mark(path: string): Promise<boolean> {
  const started = await startOf(process.pid);
  const owner: Owner = { host: hostname(), pid: process.pid, ...(started !== undefined && { started }) };
  try {
    await writeFile(path, JSON.stringify(owner), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes the mark when its process was on this machine and is no more. */
async function removeAbandoned(path: string): Promise<boolean> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  // The other command has removed its mark since.
  if (text === undefined) return true;
  const owner = parseOwner(text);
  const isDead = owner ? owner.host === hostname() && !(await isAlive(owner)) : (await ageOf(path)) > WRITTEN_MS;
  return isDead && (await takeAway(path, text));
}

/**
 * Another command may have put its own mark there since this one was read. So it is moved first,
 * and put back when it is not the one that was read. False when it was put back.
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
    // The file is not a mark that Perigee wrote.
  }
  return undefined;
}

async function isAlive({ pid, started }: Owner): Promise<boolean> {
  // This process writes nothing there, so an earlier process had its id. Where the start is known,
  // it is compared instead: another thread of this process may be writing.
  if (pid === process.pid && started === undefined) return false;
  try {
    // Signal 0 only asks.
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = await startOf(pid);
  return started === undefined || now === undefined || now === started;
}

/** On Linux: field 22 of /proc/<pid>/stat, the ticks since boot. The name before it may hold spaces and parentheses. */
async function startOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
}

async function ageOf(path: string): Promise<number> {
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.NEGATIVE_INFINITY }));
  return Date.now() - mtimeMs;
}
