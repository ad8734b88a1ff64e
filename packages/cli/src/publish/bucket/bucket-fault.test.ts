import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { withBucketLock } from './bucket-lock.ts';
import { openBucket } from './bucket.ts';
import { CREDENTIALS, encode, messageOf, refuse, s3Server } from './s3-server.fixture.ts';

const server = s3Server();

test('no credentials at all', async () => {
  for (const name of [
    'AWS_PROFILE',
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  ])
    vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  for (const name of ['AWS_SHARED_CREDENTIALS_FILE', 'AWS_CONFIG_FILE'])
    vi.stubEnv(name, join(server.folder, 'missing'));
  expect(
    await messageOf(openBucket('s3://models/a', { endpoint: server.endpoint }).read('a')),
  ).toBe(
    `CommandError: Bucket models at ${server.endpoint}: no credentials. Set AWS_ACCESS_KEY_ID and ` +
      'AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN for a session).',
  );
  vi.stubEnv('AWS_REGION', undefined);
  vi.stubEnv('AWS_DEFAULT_REGION', undefined);
  vi.stubEnv('AWS_ENDPOINT_URL', undefined);
  vi.stubEnv('AWS_ENDPOINT_URL_S3', undefined);
  expect(
    await messageOf(openBucket('s3://models/a', { credentials: CREDENTIALS }).read('a')),
  ).toContain('Bucket models at AWS S3: set AWS_REGION');
});

test.each([
  [
    'an unknown key',
    { credentials: { accessKeyId: 'OTHER', secretAccessKey: 'tell-nobody' } },
    'AWS_ACCESS_KEY_ID',
  ],
  [
    'a wrong secret',
    { credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'tell-nobody' } },
    'AWS_SECRET_ACCESS_KEY',
  ],
  ['no such bucket', { url: 's3://other/a' }, 'there is no such bucket'],
])('%s: every call says so, without secrets', async (_, options, expected) => {
  const bucket = server.open(options);
  for (const run of [
    () => bucket.read('a'),
    () => bucket.exists('a'),
    () => bucket.write('a', encode('a')),
    () => withBucketLock(bucket, async () => 'done'),
  ]) {
    const message = await messageOf(run());
    expect(message).toMatch(
      new RegExp(`^CommandError: Bucket (models|other) at ${server.endpoint}: `),
    );
    expect(message).toContain(expected);
    expect(message).not.toMatch(/tell-nobody|OTHER/);
  }
});

test('a server that is not there', async () => {
  const gone = await server.listen(() => undefined);
  await server.closeLast();
  expect(await messageOf(server.open({ endpoint: gone }).read('a'))).toBe(
    `CommandError: Bucket models at ${gone}: no connection: nothing listens there. Check ` +
      'AWS_ENDPOINT_URL_S3 and the network, then try again.',
  );
});

test.each([
  [
    403,
    'AccessDenied',
    'it answered 403 (AccessDenied). The keys may not do this: they need s3:GetObject',
  ],
  [400, 'ExpiredToken', 'the session has expired'],
  [301, 'PermanentRedirect', 'the bucket is in another region'],
  [404, '', 'it answered 404'],
  [405, 'MethodNotAllowed', 'it answered 405 (MethodNotAllowed). Check that AWS_ENDPOINT_URL_S3'],
])('an answer of %i %s becomes an error with a remedy', async (status, code, expected) => {
  const other = await server.listen((request, response) =>
    code === ''
      ? void response.writeHead(status).end('<html><p>No such page')
      : refuse(request, response, status, code),
  );
  const bucket = server.open({ endpoint: other });
  for (const run of [
    () => bucket.read('a'),
    () => bucket.write('a', encode('a')),
    () => bucket.exists('a'),
  ]) {
    const message = await messageOf(run());
    expect(message).toContain(`CommandError: Bucket models at ${other}: ${expected}`);
    expect(message).not.toContain('secret message');
  }
});

test.each([
  [503, 'SlowDown'],
  [500, 'InternalError'],
  [429, 'TooManyRequests'],
])('a request is repeated after %i, and fails when the answer stays', async (status, code) => {
  let left = 1;
  const busy = await server.listen((request, response) =>
    left-- > 0 ? refuse(request, response, status, code) : server.handler(request, response),
  );
  const bucket = server.open({ endpoint: busy });
  await bucket.write('a', encode('a'));
  expect(await bucket.read('a')).toEqual(encode('a'));
  left = Infinity;
  vi.stubEnv('AWS_MAX_ATTEMPTS', '2');
  expect(await messageOf(server.open({ endpoint: busy }).read('a'))).toBe(
    `CommandError: Bucket models at ${busy}: it answered ${status} (${code}), also after ` +
      'retries. Try later.',
  );
});

test('an answer that is cut short is an error, not a short object', async () => {
  const cut = await server.listen((_, response) => {
    response.writeHead(200, { 'content-length': '100', etag: '"a"' }).write('begin');
    setImmediate(() => response.destroy());
  });
  expect(await messageOf(server.open({ endpoint: cut }).read('a'))).toContain(
    `CommandError: Bucket models at ${cut}: no connection: the connection was cut`,
  );
});
