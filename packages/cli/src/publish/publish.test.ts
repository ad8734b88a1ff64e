import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { layout, parseModelRef, resolveVersion } from '@perigee/registry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pack } from '../pack/pack.ts';
import type { PackedRelease } from '../pack/packed-release.ts';
import { temporaryKeys } from '../keys/keys.ts';
import type { Keys } from '../keys/keys.ts';
import { promote, publish as publishTo } from './publish.ts';
import type { StoredRelease } from './release-folder.ts';
import { initRegistry, readChannels, readRegistry } from './registry.ts';
import { heldRelease, readRelease, writeRelease } from './release-folder.ts';

const MODEL = fileURLToPath(
  new URL('../../../../models/wdbc/versions/1.0.0/model.onnx', import.meta.url),
);

let folder = '';
let keys: Keys;
const releases: PackedRelease[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-publish-'));
  keys = await temporaryKeys();
  for (const version of ['1.0.0', '1.1.0', '2.0.0'])
    releases.push(
      await pack({ model: MODEL, name: 'wdbc', version, goldenCount: 1 }, () => undefined),
    );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const release = (index: number) => heldRelease(releases[index]!);
const empty = (): Promise<string> => mkdtemp(join(folder, 'registry-'));
const fresh = async (): Promise<string> => {
  const to = await empty();
  await initRegistry({ to, keys });
  return to;
};
const publish = (stored: StoredRelease, to: string, channel: string | null) =>
  publishTo(stored, { to, keys }, channel);
const readState = async (to: string) => (await readRegistry(to)).state;

test('whoever reads while it is published sees the old registry or the new one, whole', async () => {
  const root = await fresh();
  await publish(release(0), root, 'stable');
  const writing = new AbortController();
  const seen = new Set<string>();
  const reading = (async () => {
    for (;;) {
      if (writing.signal.aborted) return;
      const state = await readState(root);
      const versions = Object.keys(state.targets);
      // Every listed file exists.
      for (const [path, { sha256 }] of Object.entries({ ...state.targets, ...state.channels }))
        await readFile(join(root, layout.target(path, sha256)));
      seen.add(String(versions.length));
    }
  })();
  await publish(release(1), root, 'stable');
  await publish(release(2), root, 'canary');
  writing.abort();
  await reading;
  expect([...seen].every((count) => ['1', '2', '3'].includes(count))).toBe(true);
  expect(Object.keys((await readState(root)).targets)).toHaveLength(3);
});

test('a publish killed before its last write changes nothing for readers; the next completes it', async () => {
  const root = await fresh();
  await publish(release(0), root, 'stable');
  const timestamp = await readFile(join(root, layout.timestamp));
  await publish(release(1), root, 'stable');
  // Simulate a process that died before it wrote the timestamp.
  await writeFile(join(root, layout.timestamp), timestamp);
  const before = await readState(root);
  expect([before.version, Object.keys(before.targets).length]).toEqual([2, 1]);
  expect(await publish(release(1), root, 'stable')).toMatchObject({
    changed: true,
    metadataVersion: 3,
    objectsWritten: 0,
    channels: { stable: { version: '1.1.0' } },
  });
  expect(
    (await readdir(root, { recursive: true })).filter(
      (name) => name.endsWith('.tmp') || name.endsWith('.publishing'),
    ),
  ).toEqual([]);
});

test('the same version again changes nothing, and other bytes under it are refused', async () => {
  const root = await fresh();
  await publish(release(0), root, 'stable');
  const before = await readFile(join(root, layout.timestamp));
  expect(await publish(release(0), root, 'stable')).toMatchObject({
    changed: false,
    objectsWritten: 0,
  });
  expect(await readFile(join(root, layout.timestamp))).toEqual(before);
  const other = await pack(
    { model: MODEL, name: 'wdbc', version: '1.0.0', goldenCount: 1, description: 'another' },
    () => undefined,
  );
  await expect(publish(heldRelease(other), root, 'stable')).rejects.toThrow(
    'A published version never changes: raise the version.',
  );
});

test('a channel goes forward and back, and every move is a new version of the metadata', async () => {
  const root = await fresh();
  for (const index of [0, 1]) await publish(release(index), root, null);
  expect((await readState(root)).channels).toEqual({});
  expect(await promote({ to: root, keys }, 'wdbc', '1.1.0', 'stable')).toMatchObject({
    metadataVersion: 4,
    channels: { stable: { version: '1.1.0' } },
  });
  expect(await promote({ to: root, keys }, 'wdbc', '1.0.0', 'stable')).toMatchObject({
    metadataVersion: 5,
    channels: { stable: { version: '1.0.0' } },
  });
  expect(await promote({ to: root, keys }, 'wdbc', '1.0.0', 'stable')).toMatchObject({
    changed: false,
    metadataVersion: 5,
  });
  const registry = await readRegistry(root);
  const channels = (await readChannels(registry, 'wdbc'))!;
  expect(channels).toMatchObject({ sequence: 2 });
  expect(
    (
      await resolveVersion(registry.state, channels, parseModelRef('wdbc'), {
        installId: '',
        now: new Date(),
      })
    ).version,
  ).toBe('1.0.0');
  await expect(promote({ to: root, keys }, 'wdbc', '9.0.0', 'stable')).rejects.toThrow(
    'It has: 1.0.0, 1.1.0',
  );
  await expect(
    promote({ to: join(folder, 'nowhere'), keys }, 'wdbc', '1.0.0', 'stable'),
  ).rejects.toThrow('is not a registry');
});

test('a damaged object of a release is not published, a damaged one in the registry is written again', async () => {
  const root = await fresh();
  const packed = join(await empty(), 'releases');
  await writeRelease(packed, releases[0]!);
  const stored = await readRelease(packed, 'wdbc', '1.0.0');
  const { path } = stored.objects[0]!;
  const bytes = await readFile(join(stored.folder.path, path));
  const damaged = Buffer.from(bytes);
  damaged[damaged.length >> 1]! ^= 1;
  await writeFile(join(stored.folder.path, path), damaged);
  await expect(publish(stored, root, 'stable')).rejects.toThrow('is damaged');
  expect(await readState(root)).toMatchObject({ version: 1, targets: {} });
  await writeFile(join(stored.folder.path, path), bytes);
  await publish(stored, root, 'stable');
  await writeFile(join(root, path), damaged);
  expect(await publish(stored, root, 'stable')).toMatchObject({
    changed: false,
    objectsWritten: 1,
  });
  expect(await readFile(join(root, path))).toEqual(bytes);
  await rm(join(stored.folder.path, path));
  await rm(join(root, path));
  await expect(publish(stored, root, 'stable')).rejects.toThrow('pack it again');
});

test('a release folder of another model or version is refused', async () => {
  const packed = await empty();
  await writeRelease(packed, releases[0]!);
  await mkdir(join(packed, 'wdbc/3.0.0'), { recursive: true });
  await writeFile(join(packed, 'wdbc/3.0.0/manifest.json'), releases[0]!.manifestBytes);
  await expect(readRelease(packed, 'wdbc', '3.0.0')).rejects.toThrow(
    'holds wdbc@1.0.0, not wdbc@3.0.0',
  );
  await expect(readRelease(packed, 'wdbc', '4.0.0')).rejects.toThrow(
    'There is no packed release wdbc@4.0.0',
  );
});

test('the second of two writers is refused, and the lock of a dead one is removed', async () => {
  const root = await fresh();
  const results = await Promise.allSettled([
    publish(release(0), root, 'stable'),
    publish(release(1), root, 'stable'),
  ]);
  expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { message: expect.stringContaining('Another command is writing') as string },
  });
  // No process has this id: ids end at 2^22 on Linux, and lower elsewhere.
  await writeFile(join(root, '.publishing'), JSON.stringify({ host: hostname(), pid: 2 ** 30 }));
  expect(await publish(release(2), root, 'canary')).toMatchObject({ changed: true });
  await writeFile(join(root, '.publishing'), JSON.stringify({ host: 'another-machine', pid: 1 }));
  await expect(publish(release(2), root, 'stable')).rejects.toThrow('delete');
});
