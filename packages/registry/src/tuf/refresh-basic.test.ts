import { seededRandom } from '@perigee/profile/analysis';
import { expect, test } from 'vitest';
import { changed, createClient, createRepository, must, NOW } from './repository.fixture.ts';

const expectCode = (code: string, details: object = {}): unknown =>
  expect.objectContaining({ code, details: expect.objectContaining(details) as unknown });

test.each([true, false])(
  'a first refresh asks for what it needs, stores it, and the next asks for the timestamp only; consistent_snapshot %s',
  async (consistent) => {
    const repository = await createRepository({ consistent });
    const client = createClient(repository);
    const trusted = await client.refresh();
    expect([
      trusted.root.version,
      trusted.timestamp.version,
      trusted.snapshot.version,
      trusted.targets.version,
      trusted.stale,
    ]).toEqual([1, 1, 1, 1, false]);
    const names = consistent
      ? ['2.root.json', 'timestamp.json', '1.snapshot.json', '1.targets.json']
      : ['2.root.json', 'timestamp.json', 'snapshot.json', 'targets.json'];
    expect(repository.requests.map(({ path }) => path)).toEqual(names);
    expect(client.writes).toEqual(['timestamp', 'snapshot', 'targets']);
    for (const role of ['timestamp', 'snapshot', 'targets'])
      expect(client.stored.get(role)).toEqual(
        repository.files.get(must(names.find((name) => name.includes(role)))),
      );

    repository.requests.length = 0;
    await client.refresh();
    expect(repository.requests.map(({ path }) => path)).toEqual(['2.root.json', 'timestamp.json']);
    expect(client.writes).toHaveLength(3);
  },
);

test('every file is asked for with the bound it has: fixed, or the length that is listed', async () => {
  const repository = await createRepository();
  await createClient(repository).refresh();
  const length = (path: string): number => must(repository.files.get(path)).byteLength;
  expect(repository.requests.map(({ maxBytes }) => maxBytes)).toEqual([
    524_288,
    16_384,
    length('1.snapshot.json'),
    length('1.targets.json'),
  ]);
  repository.hashes = false;
  await repository.release();
  repository.requests.length = 0;
  await createClient(repository).refresh();
  expect(repository.requests.map(({ maxBytes }) => maxBytes)).toEqual([
    524_288,
    16_384,
    2 * 1024 * 1024,
    5 * 1024 * 1024,
  ]);
});

test('without a root there is nothing to trust', async () => {
  const client = createClient(await createRepository());
  client.stored.clear();
  await expect(client.refresh()).rejects.toEqual(expectCode('INVALID_INPUT', { role: 'root' }));
  await expect(client.load()).rejects.toEqual(expectCode('INVALID_INPUT'));
});

test('an initial root that is unsigned, signed wrongly or no root is refused before anything is fetched', async () => {
  const repository = await createRepository();
  const root = must(repository.files.get('1.root.json'));
  const wrong: [Uint8Array, unknown][] = [
    [
      changed(root, (envelope) => (envelope.signatures = [])),
      expectCode('UNTRUSTED', { role: 'root', reason: 'signatures' }),
    ],
    [
      changed(root, (envelope) => (envelope.signed['version'] = 3)),
      expectCode('UNTRUSTED', { role: 'root', reason: 'signatures' }),
    ],
    [
      must(repository.files.get('1.targets.json')),
      expectCode('INVALID_MANIFEST', { role: 'root' }),
    ],
    [new TextEncoder().encode('{"signatures":'), expectCode('INVALID_MANIFEST', { role: 'root' })],
  ];
  for (const [bytes, error] of wrong) {
    const client = createClient(repository);
    client.stored.set('root', bytes);
    await expect(client.refresh()).rejects.toEqual(error);
  }
  expect(repository.requests).toEqual([]);
});

test.each([
  ['root', '2.root.json'],
  ['timestamp', 'timestamp.json'],
  ['snapshot', '1.snapshot.json'],
  ['targets', '1.targets.json'],
])(
  'unsigned %s metadata is refused and not stored; what came before it stays',
  async (role, path) => {
    const repository = await createRepository();
    repository.hashes = false;
    await repository.publish();
    if (role === 'root') await repository.nextRoot();
    const client = createClient(repository);
    repository.files.set(
      path,
      changed(must(repository.files.get(path)), (envelope) => (envelope.signatures = [])),
    );
    await expect(client.refresh()).rejects.toEqual(
      expectCode('UNTRUSTED', { role, reason: 'signatures' }),
    );
    expect(client.writes).toEqual(
      ['root', 'timestamp', 'snapshot', 'targets'].slice(
        1,
        ['root', 'timestamp', 'snapshot', 'targets'].indexOf(role),
      ),
    );
    expect(client.version('root')).toBe(1);
  },
);

test.each(['timestamp', 'snapshot', 'targets'] as const)(
  '%s signed by the key of another role is refused',
  async (role) => {
    const repository = await createRepository();
    for (const other of ['root', 'timestamp', 'snapshot', 'targets'].filter(
      (name) => name !== role,
    )) {
      const own = must(repository.signers.get(role));
      repository.signers.set(role, must(repository.signers.get(other)));
      await repository.publish();
      await expect(createClient(repository).refresh()).rejects.toEqual(
        expectCode('UNTRUSTED', { role, reason: 'signatures', valid: 0 }),
      );
      repository.signers.set(role, own);
    }
  },
);

test.each(['timestamp', 'snapshot', 'targets'] as const)(
  "%s metadata under another role's name is refused: incorrect metadata type",
  async (role) => {
    const repository = await createRepository();
    repository.hashes = false;
    await repository.publish();
    const path = role === 'timestamp' ? 'timestamp.json' : `1.${role}.json`;
    const other = role === 'timestamp' ? '1.snapshot.json' : 'timestamp.json';
    repository.files.set(path, must(repository.files.get(other)));
    await expect(createClient(repository).refresh()).rejects.toEqual(
      expectCode('INVALID_MANIFEST', { role }),
    );
  },
);

test.each([
  ['timestamp', 'timestamp.json', []],
  ['snapshot', '1.snapshot.json', ['timestamp']],
  ['targets', '1.targets.json', ['timestamp', 'snapshot']],
])('a missing %s file (404) ends the refresh', async (role, path, writes) => {
  const repository = await createRepository();
  repository.files.delete(path);
  const client = createClient(repository);
  await expect(client.refresh()).rejects.toEqual(expectCode('WRONG_CONTENT', { role, path }));
  expect(client.writes).toEqual(writes);
});

test('a network that fails is passed on as it is', async () => {
  const repository = await createRepository();
  const client = createClient(repository);
  const offline = new Error('offline');
  repository.fetch = () => Promise.reject(offline);
  await expect(client.refresh()).rejects.toBe(offline);
});

test.each([
  ['root', '2.root.json'],
  ['timestamp', 'timestamp.json'],
  ['snapshot', '1.snapshot.json'],
  ['targets', '1.targets.json'],
])(
  'endless data: %s longer than its bound is refused, although the fetch let it through',
  async (role, path) => {
    const repository = await createRepository();
    repository.files.set(path, new Uint8Array(6 * 1024 * 1024).fill(32));
    await expect(createClient(repository).refresh()).rejects.toEqual(
      expectCode('INTEGRITY', { role }),
    );
  },
);

test.each(['snapshot', 'targets'])(
  '%s that is not what its parent lists, by length or digest, is refused',
  async (role) => {
    const repository = await createRepository();
    const path = `1.${role}.json`;
    const bytes = must(repository.files.get(path));
    const flipped = bytes.slice();
    flipped[flipped.length - 1]! ^= 1;
    for (const other of [flipped, bytes.subarray(1)]) {
      repository.files.set(path, other);
      const client = createClient(repository);
      await expect(client.refresh()).rejects.toEqual(expectCode('INTEGRITY', { role }));
      expect(client.stored.has(role)).toBe(false);
    }
  },
);

test('digests: SHA-512 is checked too, an unknown one passed over unless it is the only one', async () => {
  const repository = await createRepository();
  const sha512 = 'a'.repeat(128);
  const list = (hashes: Record<string, string>): Promise<void> =>
    repository.release({
      timestamp: ({ meta }) => Object.assign(must(meta['snapshot.json']).hashes!, hashes),
    });
  await list({ blake3: 'ab' });
  await createClient(repository).refresh();
  await list({ sha512 });
  await expect(createClient(repository).refresh()).rejects.toThrow(`${sha512} is listed`);
  await repository.release({
    timestamp: ({ meta }) =>
      Object.assign(must(meta['snapshot.json']), { hashes: { blake3: 'ab' } }),
  });
  await expect(createClient(repository).refresh()).rejects.toThrow(
    'digests by blake3; expected sha256 or sha512',
  );
});

test('unknown fields, also in keys, are signed along and do no harm', async () => {
  const repository = await createRepository();
  Object.assign(repository.root.keys[must(repository.root.roles.timestamp.keyids[0])] as object, {
    keyid_hash_algorithms: ['sha256', 'sha512'],
  });
  await repository.nextRoot((root) =>
    Object.assign(root, { 'x-custom': { deep: ['ä"\\', 1, null] } }),
  );
  Object.assign(repository.timestamp, { 'x-custom': true });
  await repository.release();
  const client = createClient(repository);
  expect((await client.refresh()).root.version).toBe(2);
  repository.files.set(
    'timestamp.json',
    changed(
      must(repository.files.get('timestamp.json')),
      ({ signed }) => (signed['x-custom'] = false),
    ),
  );
  await expect(client.refresh()).rejects.toEqual(expectCode('UNTRUSTED', { reason: 'signatures' }));
});

test('a timestamp that changes without a new version is not taken over', async () => {
  const repository = await createRepository();
  const client = createClient(repository);
  await client.refresh();
  const before = client.stored.get('timestamp');
  Object.assign(repository.timestamp, { expires: '2035-01-01T00:00:00Z' });
  await repository.publish();
  expect((await client.refresh()).timestamp.expires).toEqual(new Date('2031-01-01T00:00:00Z'));
  expect(client.stored.get('timestamp')).toBe(before);
});

test('a stored snapshot or targets file that is damaged is fetched again', async () => {
  const repository = await createRepository();
  const client = createClient(repository);
  await client.refresh();
  for (const role of ['snapshot', 'targets', 'timestamp']) {
    const good = client.stored.get(role);
    for (const bad of [new Uint8Array([1, 2]), new Uint8Array(0)]) {
      client.stored.set(role, bad);
      await client.refresh(NOW);
      expect(client.stored.get(role)).toEqual(good);
    }
  }
});

test('a spec_version of another major is refused', async () => {
  const repository = await createRepository();
  for (const [version, ok] of [
    ['1.0', true],
    ['1.99.7', true],
    ['2.0.0', false],
    ['1', false],
    ['', false],
    ['10.0.0', false],
  ] as const) {
    repository.timestamp.spec_version = version;
    await repository.publish();
    if (ok) await createClient(repository).refresh();
    else
      await expect(createClient(repository).refresh()).rejects.toEqual(
        expectCode('INVALID_MANIFEST', { role: 'timestamp', path: 'signed.spec_version' }),
      );
  }
});

test('damaged metadata gives a RegistryError, never anything else', async () => {
  const repository = await createRepository();
  repository.hashes = false;
  await repository.publish();
  await repository.nextRoot();
  const random = seededRandom(5);
  const next = (below: number): number => Math.floor(random() * below);
  const paths = ['2.root.json', 'timestamp.json', '1.snapshot.json', '1.targets.json'];
  for (let run = 0; run < 200; run += 1) {
    const path = must(paths[run % 4]);
    const good = must(repository.files.get(path));
    const bad = good.slice(0, next(2) === 0 ? good.length : next(good.length));
    if (bad.length > 0) bad[next(bad.length)]! ^= 1 << next(8);
    repository.files.set(path, bad);
    await createClient(repository)
      .refresh()
      .catch((error: unknown) => expect(error).toMatchObject({ name: 'RegistryError' }));
    repository.files.set(path, good);
  }
});
