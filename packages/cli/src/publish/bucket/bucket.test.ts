import { expect, test, vi } from 'vitest';
import { openBucket } from './bucket.ts';
import { encode, messageOf, objectKey, s3Server } from './s3-server.fixture.ts';

const server = s3Server();

test('what is written is read; what is not there is undefined', async () => {
  const bucket = server.open();
  expect(await bucket.read('targets/a.json')).toBeUndefined();
  expect(await bucket.exists('targets/a.json')).toBe(false);
  await bucket.write('targets/a.json', encode('{"a":1}'));
  await bucket.write('blobs/empty', new Uint8Array());
  expect(await bucket.read('targets/a.json')).toEqual(encode('{"a":1}'));
  expect(await bucket.read('blobs/empty')).toEqual(new Uint8Array());
  expect(await bucket.exists('targets/a.json')).toBe(true);
  await bucket.write('targets/a.json', encode('{}'));
  expect(await bucket.read('targets/a.json')).toEqual(encode('{}'));
});

test.each([
  ['metadata/timestamp.json', 'application/json', 'no-cache'],
  ['metadata/7.snapshot.json', 'application/json', 'public, max-age=31536000, immutable'],
  [
    'targets/models/m/1.0.0/ab.manifest.json',
    'application/json',
    'public, max-age=31536000, immutable',
  ],
  ['blobs/sha256/ab/abcd', 'application/octet-stream', 'public, max-age=31536000, immutable'],
  [
    'blobs/sha256/ab/abcd.gzipped',
    'application/octet-stream',
    'public, max-age=31536000, immutable',
  ],
])('%s is served as %s, %s', async (path, type, cache) => {
  const bucket = server.open();
  await bucket.write(path, encode('bytes'));
  const response = await fetch(`${server.endpoint}/${objectKey(bucket, path)}`, {
    headers: { 'x-amz-user-agent': 'test' },
  });
  expect(await response.text()).toBe('bytes');
  expect(response.headers.get('content-type')).toBe(type);
  expect(response.headers.get('cache-control')).toBe(cache);
  expect(response.headers.get('content-encoding')).toBeNull();
});

test('a large object comes back as it was', async () => {
  const bucket = server.open();
  const bytes = Uint8Array.from(
    { length: 5 * 1024 * 1024 },
    (_, index) => (index * 31) ^ (index >> 8),
  );
  await bucket.write('blobs/large', bytes);
  expect(Buffer.compare((await bucket.read('blobs/large'))!, bytes)).toBe(0);
});

test('a prefix is a folder: with or without the last slash, apart from others, or none', async () => {
  await server.open({ url: 's3://models/a/b.c/' }).write('x.json', encode('under a'));
  expect(server.open({ url: 's3://models/a/b.c/' }).path).toBe('s3://models/a/b.c');
  expect(await server.open({ url: 's3://models/a/b.c' }).read('x.json')).toEqual(encode('under a'));
  expect(await server.open({ url: 's3://models/a' }).read('x.json')).toBeUndefined();
  const root = server.open({ url: 's3://models' });
  expect(root.path).toBe('s3://models');
  expect(await root.read('a/b.c/x.json')).toEqual(encode('under a'));
});

test.each([
  'models/a',
  'https://models/a',
  's3://',
  's3://Models/a',
  's3://key:secret@models/a',
  's3://models//a',
  's3://models/a/../b',
  's3://models/a?b',
  's3://models/a b',
])('the URL %s is refused, not repeated', (url) => {
  expect(() => openBucket(url)).toThrow(expect.objectContaining({ name: 'CommandError' }));
  expect(() => openBucket(url)).not.toThrow('secret');
});

test.each(['localhost:9000', 'ftp://host', 'https://key:secret@host', 'nothing'])(
  'the endpoint %s is refused, not repeated',
  (bad) => {
    expect(() => server.open({ endpoint: bad })).toThrow(
      expect.objectContaining({ name: 'CommandError' }),
    );
    expect(() => server.open({ endpoint: bad })).not.toThrow('secret');
  },
);

test('endpoint and credentials come from the environment', async () => {
  vi.stubEnv('AWS_PROFILE', undefined);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'S3RVER');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'S3RVER');
  vi.stubEnv('AWS_SESSION_TOKEN', undefined);
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1');
  vi.stubEnv('AWS_ENDPOINT_URL_S3', server.endpoint);
  const bucket = openBucket('s3://models/environment');
  await bucket.write('a', encode('a'));
  expect(await server.open({ url: 's3://models/environment' }).read('a')).toEqual(encode('a'));
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'wrong');
  expect(await messageOf(openBucket('s3://models/environment').read('a'))).toContain(
    'AWS_SECRET_ACCESS_KEY',
  );
});
