import { expect, test } from 'vitest';
import { buildMetadata, layout, listVersions, parseModelRef, refreshMetadata, RegistryError, resolveChannelFile, resolveVersion, sha256Hex } from '../index.ts';
import type { ChannelFile, RegistryState, Sha256 } from '../index.ts';

const DIGEST = 'a'.repeat(64) as Sha256;
const TARGET = { length: 10, sha256: DIGEST };

const state: RegistryState = {
  version: 4,
  targets: Object.fromEntries(['1.0.0', '1.2.0', '2.0.0-rc.1'].map((version) => [layout.manifestTarget('digits', version, DIGEST), TARGET])),
  channels: { [layout.channelTarget('digits', DIGEST)]: TARGET },
};
const channels: ChannelFile = { schema: 'perigee-channels/1', model: 'digits', sequence: 1, channels: { stable: { version: '1.0.0' }, gone: { version: '0.9.0' } } };

async function publish(next: RegistryState): Promise<{ files: Map<string, Uint8Array>; fetch: (path: string, maxBytes: number) => Promise<Uint8Array>; asked: [string, number][] }> {
  const files = new Map((await buildMetadata(next)).map(({ path, bytes }) => [path, bytes]));
  const asked: [string, number][] = [];
  return {
    files,
    asked,
    async fetch(path, maxBytes) {
      asked.push([path, maxBytes]);
      return files.get(path) ?? Promise.reject(new Error(`no ${path}`));
    },
  };
}

test('what is built is read back, one version on', async () => {
  const { fetch } = await publish(state);
  expect(await refreshMetadata(fetch)).toEqual({ ...state, version: 5 });
});

test('the roles have the shape of TUF 1.0, and the timestamp is written last', async () => {
  const { files } = await publish(state);
  expect([...files.keys()]).toEqual(['metadata/5.targets.json', 'metadata/5.channels.json', 'metadata/5.snapshot.json', 'metadata/timestamp.json']);
  const snapshot = files.get('metadata/5.snapshot.json')!;
  expect(JSON.parse(new TextDecoder().decode(files.get('metadata/timestamp.json')))).toEqual({
    signatures: [],
    signed: { _type: 'timestamp', spec_version: '1.0.31', version: 5, meta: { 'snapshot.json': { version: 5, length: snapshot.length, hashes: { sha256: await sha256Hex(snapshot) } } } },
  });
});

test('every file is asked for with the length its parent lists, the timestamp with a fixed one', async () => {
  const { fetch, files, asked } = await publish(state);
  await refreshMetadata(fetch);
  expect(asked[0]).toEqual(['metadata/timestamp.json', 65_536]);
  for (const [path, maxBytes] of asked.slice(1)) expect(maxBytes).toBe(files.get(path)?.length);
});

test('a file that is not what its parent lists is refused', async () => {
  const { fetch, files } = await publish(state);
  for (const [path, bytes] of files) {
    if (path === layout.timestamp) continue;
    const changed = bytes.slice();
    changed[20]! ^= 1;
    for (const other of [changed, bytes.subarray(1), new Uint8Array([...bytes, 32])]) {
      files.set(path, other);
      await expect(refreshMetadata(fetch)).rejects.toMatchObject({ code: 'INTEGRITY', details: { path } });
    }
    files.set(path, bytes);
  }
});

test('files of two states do not mix', async () => {
  const { files, fetch } = await publish(state);
  const older = await publish({ ...state, version: 3 });
  // The host lost the newest snapshot and answers with the one before, under its name.
  files.set('metadata/5.snapshot.json', older.files.get('metadata/4.snapshot.json')!);
  await expect(refreshMetadata(fetch)).rejects.toMatchObject({ code: 'INTEGRITY' });
});

test('a version that contradicts its parent is refused although the digest fits', async () => {
  const { files, fetch } = await publish(state);
  const text = new TextDecoder().decode(files.get('metadata/5.snapshot.json')).replace('"version": 5,\n  "meta"', '"version": 4,\n  "meta"');
  const snapshot = new TextEncoder().encode(text);
  files.set('metadata/5.snapshot.json', snapshot);
  const timestamp = { signatures: [], signed: { _type: 'timestamp', spec_version: '1.0.31', version: 5, meta: { 'snapshot.json': { version: 5, length: snapshot.length, hashes: { sha256: await sha256Hex(snapshot) } } } } };
  files.set(layout.timestamp, new TextEncoder().encode(JSON.stringify(timestamp)));
  await expect(refreshMetadata(fetch)).rejects.toMatchObject({ code: 'INTEGRITY', message: expect.stringContaining('says version 4, its parent 5') as string });
});

test.each([
  ['another role', { _type: 'root', version: 1, meta: {} }, 'signed._type'],
  ['no version', { _type: 'timestamp', meta: {} }, 'signed.version'],
  ['no snapshot', { _type: 'timestamp', version: 1, meta: {} }, 'does not list snapshot.json'],
  ['an endless snapshot', { _type: 'timestamp', version: 1, meta: { 'snapshot.json': { version: 1, length: 1e15, hashes: { sha256: DIGEST } } } }, 'signed.meta.snapshot.json.length'],
])('a timestamp of %s is refused', async (_what, signed, message) => {
  await expect(refreshMetadata(async () => new TextEncoder().encode(JSON.stringify({ signatures: [], signed })))).rejects.toThrow(message);
});

test('target paths that leave the registry are refused', async () => {
  for (const path of ['../x', 'models/../../x', 'models//x', 'models/.', 'a\\b']) {
    const { fetch } = await publish({ ...state, targets: { [path]: TARGET } });
    await expect(refreshMetadata(fetch)).rejects.toThrow('a target path without ".."');
  }
});

test('damaged metadata gives a RegistryError or a state', async () => {
  const { files } = await publish(state);
  const timestamp = files.get(layout.timestamp)!;
  let seed = 3;
  const next = (): number => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  for (let run = 0; run < 300; run += 1) {
    const damaged = timestamp.slice(0, run % 2 === 0 ? timestamp.length : Math.floor(next() * timestamp.length));
    if (damaged.length > 0) damaged[Math.floor(next() * damaged.length)]! ^= 1 << Math.floor(next() * 8);
    const missing = new RegistryError('WRONG_CONTENT', 'no such file');
    await refreshMetadata(async (path) => {
      if (path === layout.timestamp) return damaged;
      return files.get(path) ?? Promise.reject(missing);
    }).then(({ targets }) => expect(targets).toEqual(state.targets), (error: unknown) => expect(error).toBeInstanceOf(RegistryError));
  }
});

test('a reference resolves to a version, where its manifest is, and why', () => {
  expect(resolveVersion(state, channels, parseModelRef('digits'))).toEqual({ version: '1.0.0', path: `targets/models/digits/1.0.0/${DIGEST}.manifest.json`, sizeBytes: 10, sha256: DIGEST, reason: 'channel stable' });
  expect(resolveVersion(state, null, parseModelRef('digits@^1'))).toMatchObject({ version: '1.2.0', reason: 'newest version in ^1' });
  expect(resolveVersion(state, null, parseModelRef('digits@>=2.0.0-rc.0'))).toMatchObject({ version: '2.0.0-rc.1' });
  expect(resolveChannelFile(state, 'digits')).toEqual({ path: `targets/channels/${DIGEST}.digits.json`, sizeBytes: 10, sha256: DIGEST });
});

test.each([
  ['digits@canary', 'there is no channel "canary". There is: stable, gone'],
  ['digits@gone', 'channel "gone" names 0.9.0, which the registry does not list. There is: 1.0.0, 1.2.0, 2.0.0-rc.1'],
  ['digits@^3', 'no version is in the range ^3. There is: 1.0.0, 1.2.0, 2.0.0-rc.1'],
  ['letters@^1', 'There is: nothing'],
])('%s is not found, and what there is instead is listed', (text, message) => {
  expect(() => resolveVersion(state, channels, parseModelRef(text))).toThrow(expect.objectContaining({ code: 'MODEL_NOT_FOUND', message: expect.stringContaining(message) as string }));
});

test('a model without channel file is not found, and the others are listed', () => {
  expect(() => resolveChannelFile(state, 'letters')).toThrow('It has: digits');
});

test('targets that are no manifest of a version are passed over', () => {
  const targets = { [`models/digits/newest/${DIGEST}.manifest.json`]: TARGET, [`models/Digits/1.0.0/${DIGEST}.manifest.json`]: TARGET, 'readme.md': TARGET, ...state.targets };
  expect([...listVersions({ ...state, targets }, 'digits').keys()]).toEqual(['1.0.0', '1.2.0', '2.0.0-rc.1']);
});
