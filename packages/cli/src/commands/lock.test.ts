import { readFile, readdir, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { operator } from './operator.fixture.ts';

const { at, registry, on, tryOn } = operator();

let to = '';
beforeAll(async () => {
  to = await registry('locked');
});

const lock = (): string => join(at(to), '.publishing');
const stat = (pid: number): Promise<string> =>
  readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
/** Start time of a process. Only Linux reports it. */
const startOf = async (pid: number): Promise<string | undefined> =>
  (await stat(pid)).split(') ').at(-1)?.split(' ')[19];

test('a mark with the id of this process, which holds none, is of a process before it', async () => {
  await writeFile(lock(), JSON.stringify({ host: hostname(), pid: process.pid }));
  await on(to, 'resign');
  await writeFile(lock(), JSON.stringify({ host: hostname(), pid: process.pid, started: '1' }));
  await on(to, 'resign');
  expect(await readdir(at(to))).not.toContain('.publishing');
});

test('an empty mark counts while it may still be written, and no longer', async () => {
  await writeFile(lock(), '');
  expect(await tryOn(to, 'resign')).toMatchObject({
    code: 1,
    err: expect.stringContaining('Another command is writing') as string,
  });
  const before = new Date(Date.now() - 60_000);
  await utimes(lock(), before, before);
  await on(to, 'resign');
});

test('the id of a living process counts only for the process that made the mark', async () => {
  const started = await startOf(process.ppid);
  await writeFile(
    lock(),
    JSON.stringify({
      host: hostname(),
      pid: process.ppid,
      ...(started !== undefined && { started }),
    }),
  );
  expect(await tryOn(to, 'resign')).toMatchObject({
    code: 1,
    err: expect.stringContaining('Another command is writing') as string,
  });
  if (started === undefined) return;
  await writeFile(lock(), JSON.stringify({ host: hostname(), pid: process.ppid, started: '1' }));
  await on(to, 'resign');
});

test('a mark of another machine counts', async () => {
  await writeFile(lock(), JSON.stringify({ host: 'another-machine', pid: process.pid }));
  expect(await tryOn(to, 'resign')).toMatchObject({
    code: 1,
    err: expect.stringContaining('.publishing') as string,
  });
});
