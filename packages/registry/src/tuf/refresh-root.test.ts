import { expect, test } from 'vitest';
import { changed, createClient, createRepository, must, NOW } from './repository.fixture.ts';
import { createKeyPair, signMetadata } from './sign.ts';

const untrusted = (role: string, reason: string): unknown =>
  expect.objectContaining({
    code: 'UNTRUSTED',
    details: expect.objectContaining({ role, reason }) as unknown,
  });

test('a new root is signed by the old keys and by the new ones', async () => {
  const [a, b, c] = [await createKeyPair(), await createKeyPair(), await createKeyPair()];
  // The signers of 2.root.json, the keys and threshold it names, and whether it is accepted.
  const cases = [
    { keys: [b], threshold: 1, by: [a, b], ok: true },
    { keys: [b], threshold: 1, by: [a], ok: false },
    { keys: [b], threshold: 1, by: [b], ok: false },
    { keys: [b, c], threshold: 2, by: [a, b, c], ok: true },
    { keys: [b, c], threshold: 2, by: [a, b], ok: false },
    { keys: [a, b], threshold: 2, by: [a, b], ok: true },
    { keys: [a, b], threshold: 2, by: [a], ok: false },
    { keys: [a, b], threshold: 1, by: [a], ok: true },
    { keys: [a, b], threshold: 1, by: [b], ok: false },
    { keys: [b], threshold: 1, by: [], ok: false },
    { keys: [b], threshold: 1, by: [a, b, c], ok: true },
  ];
  for (const { keys, threshold, by, ok } of cases) {
    const repository = await createRepository();
    repository.setKeys('root', [a]);
    repository.files.set('1.root.json', await signMetadata(repository.root, [a]));
    const client = createClient(repository);
    await repository.nextRoot(() => repository.setKeys('root', keys, threshold), by);
    if (ok) expect((await client.refresh()).root.version).toBe(2);
    else await expect(client.refresh()).rejects.toEqual(untrusted('root', 'signatures'));
    expect(client.version('root')).toBe(ok ? 2 : 1);
  }
});

test('several rotations in a row, each key only ever known to its neighbours', async () => {
  const repository = await createRepository();
  const client = createClient(repository);
  for (let version = 2; version <= 5; version += 1) {
    const key = await createKeyPair();
    await repository.nextRoot(() => repository.setKeys('root', [key]));
  }
  expect((await client.refresh()).root.version).toBe(5);
  expect(client.writes.slice(0, 4)).toEqual(['root', 'root', 'root', 'root']);
  expect(repository.requests.map(({ path }) => path).slice(0, 5)).toEqual([
    '2.root.json',
    '3.root.json',
    '4.root.json',
    '5.root.json',
    '6.root.json',
  ]);
});

test('a root that fails ends the run; the ones before it stay trusted', async () => {
  const repository = await createRepository();
  const client = createClient(repository);
  await repository.nextRoot();
  await repository.nextRoot((root) => (root.version = 3), []);
  await expect(client.refresh()).rejects.toEqual(untrusted('root', 'signatures'));
  expect(client.version('root')).toBe(2);
});

test.each([1, 3, 4])(
  '2.root.json that says version %s is refused: file name and version differ',
  async (version) => {
    const repository = await createRepository();
    const client = createClient(repository);
    const bytes = await signMetadata(
      { ...repository.root, version },
      must(repository.signers.get('root')),
    );
    repository.files.set('2.root.json', bytes);
    await expect(client.refresh()).rejects.toEqual(untrusted('root', 'version'));
    expect(client.version('root')).toBe(1);
  },
);

test('at most so many rotations in one run; the next run goes on', async () => {
  const repository = await createRepository();
  const client = createClient(repository);
  for (let version = 2; version <= 6; version += 1) await repository.nextRoot();
  expect((await client.refresh(NOW, 3)).root.version).toBe(4);
  expect((await client.refresh(NOW, 3)).root.version).toBe(6);
  expect(
    repository.requests.filter(({ path }) => path.includes('root')).map(({ path }) => path),
  ).toEqual([
    '2.root.json',
    '3.root.json',
    '4.root.json',
    '5.root.json',
    '6.root.json',
    '7.root.json',
  ]);
});

test.each(['timestamp', 'snapshot', 'targets'] as const)(
  '%s keys rotate with the root; the old ones count no longer',
  async (role) => {
    const repository = await createRepository();
    const client = createClient(repository);
    await client.refresh();
    const [old, key] = [must(repository.signers.get(role)), await createKeyPair()];
    await repository.nextRoot(() => repository.setKeys(role, [key]));
    if (role === 'targets') repository.top.version += 1;
    await repository.release();
    await client.refresh();
    repository.signers.set(role, old);
    if (role === 'targets') repository.top.version += 1;
    await repository.release();
    await expect(client.refresh()).rejects.toEqual(untrusted(role, 'signatures'));
  },
);

test.each(['timestamp', 'snapshot', 'targets'] as const)(
  'a threshold of %s that is not met',
  async (role) => {
    const repository = await createRepository();
    const keys = [await createKeyPair(), await createKeyPair(), await createKeyPair()];
    await repository.nextRoot(() => repository.setKeys(role, keys, 2));
    for (const [by, ok] of [
      [keys.slice(0, 1), false],
      [keys.slice(1), true],
      [keys, true],
    ] as const) {
      repository.signers.set(role, [...by]);
      await repository.publish();
      if (ok) await createClient(repository).refresh();
      else
        await expect(createClient(repository).refresh()).rejects.toMatchObject({
          code: 'UNTRUSTED',
          details: { role, reason: 'signatures', valid: 1, threshold: 2 },
        });
    }
    // There are fewer keys than the threshold requires, so no signatures can suffice.
    await repository.nextRoot((root) => (root.roles[role].threshold = 4));
    await expect(createClient(repository).refresh()).rejects.toEqual(untrusted(role, 'signatures'));
  },
);

test('one key twice among the signatures is an error, even if both are right', async () => {
  const repository = await createRepository();
  const timestamp = must(repository.files.get('timestamp.json'));
  repository.files.set(
    'timestamp.json',
    changed(timestamp, ({ signatures }) => signatures.push(must(signatures[0]))),
  );
  await expect(createClient(repository).refresh()).rejects.toThrow(
    'A key stands twice among its signatures',
  );
});

test('one public key under two keyids counts once', async () => {
  const repository = await createRepository();
  const key = await createKeyPair();
  const twins = [
    key,
    { ...key, keyid: 'twin' },
    {
      ...key,
      keyid: 'twin2',
      publicKey: {
        ...key.publicKey,
        keyval: { public: key.publicKey.keyval.public.toUpperCase() },
      },
    },
  ];
  await repository.nextRoot(() => repository.setKeys('timestamp', twins, 2));
  await repository.publish();
  await expect(createClient(repository).refresh()).rejects.toMatchObject({
    code: 'UNTRUSTED',
    details: { valid: 1, threshold: 2, signatures: 3 },
  });
});

test('a role that names one keyid twice is malformed', async () => {
  const repository = await createRepository();
  await repository.nextRoot((root) =>
    root.roles.timestamp.keyids.push(must(root.roles.timestamp.keyids[0])),
  );
  await expect(createClient(repository).refresh()).rejects.toMatchObject({
    code: 'INVALID_MANIFEST',
    details: { role: 'root', path: 'signed.roles.timestamp.keyids' },
  });
});

test('signatures by unknown keys and broken ones beside enough right ones do no harm', async () => {
  const repository = await createRepository();
  const timestamp = must(repository.files.get('timestamp.json'));
  repository.files.set(
    'timestamp.json',
    changed(timestamp, ({ signatures }) =>
      signatures.unshift(
        { keyid: 'unknown', sig: 'ab' },
        { keyid: must(repository.root.roles.root.keyids[0]), sig: '' },
      ),
    ),
  );
  expect((await createClient(repository).refresh()).timestamp.version).toBe(1);
});

test('a key whose keyid is not its hash is as good as any (TAP 12)', async () => {
  const repository = await createRepository();
  const key = { ...(await createKeyPair()), keyid: 'release key of 2030' };
  await repository.nextRoot(() => repository.setKeys('timestamp', [key]));
  await repository.publish();
  expect((await createClient(repository).refresh()).timestamp.version).toBe(1);
});

test('another key under the keyid of the old one: only the new key counts, and it is a rotation', async () => {
  const repository = await createRepository();
  const client = createClient(repository);
  repository.timestamp.version = 900;
  await repository.publish();
  await client.refresh();
  const old = must(repository.signers.get('timestamp')?.[0]);
  const key = { ...(await createKeyPair()), keyid: old.keyid };
  await repository.nextRoot(() => repository.setKeys('timestamp', [key]));
  await expect(client.refresh()).rejects.toEqual(untrusted('timestamp', 'signatures'));
  expect(client.version('timestamp')).toBeUndefined();
  repository.timestamp.version = 1;
  await repository.publish();
  expect((await client.refresh()).timestamp.version).toBe(1);
});

test.each([
  ['rsa', 'rsassa-pss-sha256', 'ab'],
  ['ecdsa', 'ecdsa-sha2-nistp256', 'ab'],
  ['ed25519', 'ed25519ph', undefined],
  ['ED25519', 'ed25519', undefined],
  ['', '', undefined],
])(
  'a key of type "%s" and scheme "%s" is read but never verifies',
  async (keytype, scheme, value) => {
    const repository = await createRepository();
    const [key, good] = [await createKeyPair(), await createKeyPair()];
    await repository.nextRoot((root) => {
      repository.setKeys('timestamp', [key, good], 1);
      root.keys[key.keyid] = {
        keytype,
        scheme,
        keyval: { public: value ?? key.publicKey.keyval.public },
      };
    });
    await repository.publish();
    await createClient(repository).refresh();
    repository.signers.set('timestamp', [key]);
    await repository.publish();
    await expect(createClient(repository).refresh()).rejects.toEqual(
      untrusted('timestamp', 'signatures'),
    );
  },
);

test.each([[{ threshold: 0 }], [{ threshold: -1 }], [{ threshold: 1.5 }], [{ keyids: 'abc' }]])(
  'a role of %j is malformed',
  async (role) => {
    const repository = await createRepository();
    const bytes = changed(must(repository.files.get('1.root.json')), ({ signed }) =>
      Object.assign((signed['roles'] as Record<string, object>)['timestamp']!, role),
    );
    repository.files.set('1.root.json', bytes);
    await expect(createClient(repository).refresh()).rejects.toMatchObject({
      code: 'INVALID_MANIFEST',
      details: { role: 'root' },
    });
  },
);
