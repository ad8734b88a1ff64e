import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { serialize } from 'node:v8';
import { createPerigee } from 'perigee';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createFileSystemStore } from './file-system.ts';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const SCRIPT = fileURLToPath(new URL('pin-often.script.mjs', import.meta.url));
const run = promisify(execFile);

const root = mkdtempSync(join(tmpdir(), 'perigee-shared-'));
const registry = join(root, 'registry');
beforeAll(async () => {
  const publish = `import { heldRelease, initRegistry, pack, publish, temporaryKeys } from '@perigee/cli';
    const publisher = { to: ${JSON.stringify(registry)}, keys: await temporaryKeys() };
    await initRegistry(publisher);
    const model = ${JSON.stringify(join(ROOT, 'models/wdbc/versions/1.0.0/model.onnx'))};
    const packed = await pack({ model, name: 'tiny', version: '1.0.0', goldenCount: 1 }, () => undefined);
    await publish(heldRelease(packed), publisher, 'stable');`;
  await run(process.execPath, ['--input-type=module', '-e', publish], { cwd: ROOT });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

let folders = 0;
const fresh = (): string => join(root, `device-${++folders}`);

function client(folder: string, options: Parameters<typeof createPerigee>[0] = {}) {
  const perigee = createPerigee({ ...options, store: { folder } });
  onTestFinished(() => perigee.dispose());
  return perigee;
}

/**
 * Starts a process that pins versions of `model` when asked. `told` are the pins it knows to be
 * stored.
 */
async function pinner(folder: string, model: string) {
  const child: ChildProcess = spawn(process.execPath, [SCRIPT, folder, model], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const told: string[] = [];
  const lines = createInterface({ input: child.stdout! });
  await once(lines, 'line');
  lines.on('line', (line) => told.push(line));
  return {
    child,
    told,
    /** Asks for pins, one after the other. Resolves when the first of them is stored. */
    pin(...versions: readonly string[]): Promise<unknown> {
      const stored = once(lines, 'line');
      child.stdin!.write(versions.map((version) => `${version}\n`).join(''));
      return stored;
    },
    /** Lets the process end once it has made the pins that it was asked for. */
    end: () => child.stdin!.end(),
    ended: once(child, 'close') as Promise<[number | null]>,
  };
}

/** Resolves at the next change of the folder, which is during a write. */
async function writing(folder: string): Promise<void> {
  const watcher = watch(folder);
  await once(watcher, 'change');
  watcher.close();
}

async function pinsOf(folder: string) {
  const { entries, brokenAt } = await client(folder).audit();
  const of = (model: string): number =>
    entries.filter((entry) => entry.event === 'pin' && entry.model === model).length;
  return { of, brokenAt, events: entries.map(({ event }) => event) };
}

test('processes that log at the same time lose no entry, and the chain holds', async () => {
  const folder = fresh();
  const both = await Promise.all(['one', 'other'].map((model) => pinner(folder, model)));
  const versions = Array.from({ length: 20 }, (_, i) => `1.0.${i}`);
  for (const { pin, end } of both) {
    void pin(...versions);
    end();
  }
  for (const { ended } of both) expect(await ended).toEqual([0, null]);
  const pins = await pinsOf(folder);
  expect([pins.of('one'), pins.of('other'), pins.brokenAt]).toEqual([20, 20, null]);
});

test.skipIf(process.platform === 'win32')(
  'a process that is stopped while it writes holds nobody up, and undoes nothing when it goes on',
  async () => {
    const folder = fresh();
    const ours = client(folder);
    await ours.pin('ours', '1.0.0');
    const { child, pin, end, ended } = await pinner(folder, 'theirs');
    for (let i = 1; i < 6; i += 1) {
      const writes = writing(folder);
      const stored = pin(`1.0.${i}`);
      await writes;
      child.kill('SIGSTOP');
      await ours.pin('ours', `1.0.${i}`);
      child.kill('SIGCONT');
      await stored;
    }
    end();
    expect(await ended).toEqual([0, null]);
    const pins = await pinsOf(folder);
    expect([pins.of('ours'), pins.of('theirs'), pins.brokenAt]).toEqual([6, 5, null]);
  },
);

test('reported writes survive a kill in the middle of the next write', async () => {
  const folder = fresh();
  let told = 0;
  for (let i = 0; i < 4; i += 1) {
    const killed = await pinner(folder, 'killed');
    for (let pins = 0; pins <= i; pins += 1) await killed.pin(`1.0.${pins}`);
    const writes = writing(folder);
    void killed.pin('1.1.0');
    await writes;
    killed.child.kill('SIGKILL');
    await killed.ended;
    told += killed.told.length;
  }
  expect(told).toBeGreaterThanOrEqual(1 + 2 + 3 + 4);
  const pins = await pinsOf(folder);
  expect(pins.of('killed')).toBeGreaterThanOrEqual(told);
  expect(pins.brokenAt).toBeNull();
});

test('a lock file with a future date delays nobody', async () => {
  const folder = fresh();
  mkdirSync(folder);
  writeFileSync(join(folder, 'lock'), '');
  const ahead = Date.now() / 1000 + 10 * 365 * 86_400;
  utimesSync(join(folder, 'lock'), ahead, ahead);
  const perigee = client(folder, { registry });
  await perigee.pin('tiny', '1.0.0');
  expect((await perigee.load('tiny', { backend: 'cpu' })).version).toBe('1.0.0');
});

/** Creates a device that has the model. */
async function deviceWithModel(): Promise<string> {
  const folder = fresh();
  const perigee = createPerigee({ registry, store: { folder } });
  await perigee.load('tiny', { backend: 'cpu' });
  await perigee.dispose();
  return folder;
}

const DAMAGE: readonly (readonly [
  how: string,
  change: (bytes: Buffer) => Buffer,
  isTold: boolean,
])[] = [
  ['empty', () => Buffer.alloc(0), false],
  ['cut in half', (bytes) => bytes.subarray(0, bytes.length >> 1), true],
  ['of another first byte', (bytes) => flipped(bytes, 0), true],
  ['of a flipped bit in the middle', (bytes) => flipped(bytes, bytes.length >> 1), true],
  [
    'of random bytes',
    (bytes) => Buffer.from(bytes.map((byte, i) => (byte * 31 + i * 17) & 0xff)),
    true,
  ],
];

test.each(DAMAGE)(
  'with a state that is %s the model is loaded again',
  async (_how, change, isTold) => {
    const folder = await deviceWithModel();
    const names = readdirSync(folder).filter((name) => /^(state|journal-\d+)$/.test(name));
    for (const name of names)
      writeFileSync(join(folder, name), change(readFileSync(join(folder, name))));
    const perigee = client(folder, { registry });
    const model = await perigee.load('tiny', { backend: 'cpu' });
    expect(model.version).toBe('1.0.0');
    expect(
      (await model.predict({ features: new Float32Array(30) })).outputs['logits'],
    ).toMatchObject({ shape: [1, 2] });
    expect(await perigee.storage.repair()).toMatchObject({});
    const { entries, brokenAt } = await perigee.audit();
    expect(entries.map(({ event }) => event).includes('store.damaged')).toBe(isTold);
    expect(existsSync(join(folder, 'damaged'))).toBe(isTold);
    expect(brokenAt).toBeNull();
  },
);

test('a folder that version 0.1.0 wrote is read on, and nothing in it is lost', async () => {
  const folder = await deviceWithModel();
  const store = createFileSystemStore(folder);
  await store.addBatch(
    { batchId: 'b'.repeat(32), sealedAtMs: 1, gzip: false, bytes: new Uint8Array([1, 2]) },
    [],
  );
  const read = async (from: typeof store) => ({
    versions: await from.listVersions(),
    pointers: await from.listPointers(),
    values: await from.getValues(''),
    batches: await from.listBatches(),
  });
  const before = await read(store);
  await store.close();
  rmSync(join(folder, 'journal-1'));
  // Version 0.1.0 kept its state in one file, in the binary form of V8.
  const versions = Object.fromEntries(
    before.versions.map((record) => [
      `${record.model} ${record.version} ${record.variant}`,
      record,
    ]),
  );
  const pointers = Object.fromEntries(before.pointers.map((pointer) => [pointer.ref, pointer]));
  writeFileSync(
    join(folder, 'state'),
    serialize({
      versions,
      pointers,
      values: Object.fromEntries(before.values),
      batches: before.batches,
    }),
  );

  const again = createFileSystemStore(folder);
  expect(await read(again)).toEqual(before);
  await again.putValue('new', 1);
  expect(await read(again)).toEqual({
    ...before,
    values: [...before.values, ['new', 1]].toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  });
  await again.close();
  // Without a registry, only the stored version can answer.
  const perigee = client(folder, { registry: 'http://127.0.0.1:9/' });
  expect((await perigee.load('tiny', { backend: 'cpu', update: 'local' })).version).toBe('1.0.0');
  expect((await perigee.audit()).brokenAt).toBeNull();
});

function flipped(bytes: Buffer, at: number): Buffer {
  bytes[at]! ^= 1;
  return bytes;
}
