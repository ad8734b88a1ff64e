import { expect, test } from 'vitest';
import { canonicalJson } from './canonical-json.ts';
import { parseMetadata } from './parse-metadata.ts';

const SIGNED = {
  _type: 'targets',
  spec_version: '1.0.31',
  version: 1,
  expires: '2030-01-01T00:00:00Z',
  targets: {},
};
const bytes = (signed: object, signatures: unknown = []): Uint8Array =>
  new TextEncoder().encode(JSON.stringify({ signed, signatures }));
const ROLE = { name: 'A', keyids: ['a'], threshold: 1, terminating: false, paths: ['*'] };
const delegating = (role: object, more: object = {}): object => ({
  ...SIGNED,
  delegations: { keys: {}, roles: [{ ...ROLE, ...role }], ...more },
});

test('what is signed is the canonical JSON of what came, unknown fields and all', () => {
  const signed = { zzz: { b: 1, a: 'ä' }, ...SIGNED };
  const envelope = parseMetadata(bytes(signed), 'targets', 'delegated');
  expect(envelope.signedBytes).toEqual(canonicalJson(signed));
  expect(envelope.signed).toEqual({
    type: 'targets',
    version: 1,
    expires: new Date('2030-01-01T00:00:00Z'),
    targets: new Map(),
  });
});

test('a root is typed', () => {
  const role = { keyids: ['a'], threshold: 1 };
  const roles = { root: role, timestamp: role, snapshot: role, targets: role, mirrors: role };
  const { signed } = parseMetadata(
    bytes({
      ...SIGNED,
      _type: 'root',
      keys: {
        a: { keytype: 'x', scheme: 'y', keyval: { public: 'AB', more: 1 } },
        b: { keytype: 'pgp', scheme: '', keyval: {} },
      },
      roles,
    }),
    'root',
  );
  expect(signed.consistentSnapshot).toBe(false);
  expect([...signed.keys.values()]).toEqual([
    { keyid: 'a', keytype: 'x', scheme: 'y', public: 'AB' },
    { keyid: 'b', keytype: 'pgp', scheme: '', public: '' },
  ]);
  expect(Object.keys(signed.roles)).toEqual(['root', 'timestamp', 'snapshot', 'targets']);
});

test.each<[string, object]>([
  ['signed._type', { _type: 'snapshot' }],
  ['signed.spec_version', { spec_version: '2.0.0' }],
  ['signed.spec_version', { spec_version: 1 }],
  ['signed.version', { version: 0 }],
  ['signed.version', { version: -1 }],
  ['signed.version', { version: 1.5 }],
  ['signed.version', { version: '1' }],
  ['signed.version', { version: 2 ** 53 }],
  ['signed.expires', { expires: '2030-01-01' }],
  ['signed.expires', { expires: '2030-02-30T00:00:00Z' }],
  ['signed.expires', { expires: '2030-01-01T00:00:00+01:00' }],
  ['signed.expires', { expires: '2030-01-01T00:00:00.000Z' }],
  ['signed.expires', { expires: 'soon' }],
  ['signed.expires', { expires: 1_893_456_000 }],
  ['signed.targets', { targets: [] }],
  ['signed.targets.x.length', { targets: { x: { length: -1, hashes: { sha256: 'ab' } } } }],
  ['signed.targets.x.hashes', { targets: { x: { length: 1, hashes: {} } } }],
  ['signed.targets.x.hashes.sha256', { targets: { x: { length: 1, hashes: { sha256: 'AB' } } } }],
  ['signed.delegations.roles[0].threshold', delegating({ threshold: 0 })],
  ['signed.delegations.roles[0].keyids', delegating({ keyids: ['a', 'a'] })],
  ['signed.delegations.roles[0].terminating', delegating({ terminating: undefined })],
  ['signed.delegations.roles[0]', delegating({ path_hash_prefixes: ['a'] })],
  ['signed.delegations.roles[0]', delegating({ paths: undefined })],
  ['signed.delegations.roles', delegating({}, { roles: [ROLE, ROLE] })],
  ['signed.delegations.roles', { delegations: { keys: {}, succinct_roles: {} } }],
  [
    'signed.delegations.keys.a.keytype',
    delegating({}, { keys: { a: { scheme: 'ed25519', keyval: { public: '' } } } }),
  ],
])('%s is refused: %j', (path, change) => {
  expect(() => parseMetadata(bytes({ ...SIGNED, ...change }), 'targets', 'delegated')).toThrow(
    expect.objectContaining({
      code: 'INVALID_MANIFEST',
      details: expect.objectContaining({ role: 'delegated', path }) as unknown,
    }),
  );
});

test.each([
  ['no JSON', '{'],
  ['no UTF-8', '\ud800'],
  ['nothing', ''],
  ['a list', '[]'],
  ['null', 'null'],
  ['no signatures', JSON.stringify({ signed: SIGNED })],
  ['signatures as object', JSON.stringify({ signed: SIGNED, signatures: {} })],
  ['a signature without sig', JSON.stringify({ signed: SIGNED, signatures: [{ keyid: 'a' }] })],
  [
    'too many signatures',
    JSON.stringify({
      signed: SIGNED,
      signatures: Array.from({ length: 1_025 }, () => ({ keyid: 'a', sig: '' })),
    }),
  ],
  ['a key twice', '{"signatures":[],"signed":{"_type":"targets","version":1,"version":2}}'],
  ['a fraction', JSON.stringify({ signed: { ...SIGNED, x: 0.5 }, signatures: [] })],
  [
    'a number beyond 2^53',
    JSON.stringify({ signed: SIGNED, signatures: [] }).replace(
      '"targets":{}',
      '"targets":{},"x":9007199254740993',
    ),
  ],
  [
    'too deep',
    JSON.stringify({ signed: SIGNED, signatures: [] }).replace(
      '"targets":{}',
      `"targets":{},"x":${'['.repeat(40)}${']'.repeat(40)}`,
    ),
  ],
])('%s is refused', (_what, text) => {
  expect(() => parseMetadata(new TextEncoder().encode(text), 'targets')).toThrow(
    expect.objectContaining({
      name: 'RegistryError',
      code: 'INVALID_MANIFEST',
      details: expect.objectContaining({ role: 'targets' }) as unknown,
    }),
  );
});
