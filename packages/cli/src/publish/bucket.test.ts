import { readFileSync } from 'node:fs';
import { mkdtemp, rm, utimes } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { withBucketLock } from './bucket-lock.ts';
import { openBucket } from './bucket.ts';
import type { Bucket, BucketOptions } from './bucket.ts';

// The package has no types.
type S3rverClass = new (options: object) => {
  configureBuckets(): Promise<unknown>;
  callback(): RequestListener;
};
const S3rver = createRequire(import.meta.url)('@20minutes/s3rver') as S3rverClass;

const CREDENTIALS = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
const servers: Server[] = [];
let folder = '';
let s3: RequestListener;
/** Endpoint of s3rver alone, which ignores conditions on PUT. */
let plain = '';
/** Endpoint of s3rver behind `conditions()`. */
let endpoint = '';

async function listen(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-bucket-'));
  const server = new S3rver({
    directory: folder,
    silent: true,
    configureBuckets: [{ name: 'models', configs: [] }],
  });
  await server.configureBuckets();
  s3 = server.callback();
  plain = await listen(s3);
  endpoint = await listen(conditions(s3));
});
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await rm(folder, { recursive: true, force: true });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

/**
 * Adds what s3rver lacks, as AWS documents it: If-None-Match: * and If-Match on PUT, with writes in
 * sequence.
 */
function conditions(next: RequestListener): RequestListener {
  let last: Promise<unknown> = Promise.resolve();
  const put = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const etag = etagOf(request.url!);
    const { 'if-none-match': none, 'if-match': match } = request.headers;
    if (none === '*' && etag !== undefined)
      return refuse(request, response, 412, 'PreconditionFailed');
    if (match !== undefined && etag === undefined)
      return refuse(request, response, 404, 'NoSuchKey');
    if (match !== undefined && etag !== match)
      return refuse(request, response, 412, 'PreconditionFailed');
    await new Promise<void>((resolve) => {
      response.on('close', resolve);
      next(request, response);
    });
  };
  return (request, response) => {
    if (request.method === 'PUT') last = last.then(() => put(request, response));
    else next(request, response);
  };
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  code: string,
): void {
  request.resume();
  response
    .writeHead(status, { 'content-type': 'application/xml' })
    .end(
      `<?xml version="1.0"?><Error><Code>${code}</Code><Message>the secret ` +
        'message</Message></Error>',
    );
}

const fileOf = (key: string): string => join(folder, `${key}._S3rver_object`);

function etagOf(url: string): string | undefined {
  try {
    return JSON.stringify(
      readFileSync(`${fileOf(decodeURIComponent(url.split('?')[0]!))}.md5`, 'utf8'),
    );
  } catch {
    return undefined;
  }
}

let prefixes = 0;
const open = (options: BucketOptions & { url?: string } = {}): Bucket =>
  openBucket(options.url ?? `s3://models/test-${++prefixes}`, {
    endpoint,
    credentials: CREDENTIALS,
    ...options,
  });
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const key = (bucket: Bucket, path: string): string => `${bucket.path.replace('s3://', '')}/${path}`;
const messageOf = (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => 'no error',
    (error: Error) => `${error.name}: ${error.message}`,
  );

test('what is written is read; what is not there is undefined', async () => {
  const bucket = open();
  expect(await bucket.read('targets/a.json')).toBeUndefined();
  expect(await bucket.exists('targets/a.json')).toBe(false);
  await bucket.write('targets/a.json', text('{"a":1}'));
  await bucket.write('blobs/empty', new Uint8Array());
  expect(await bucket.read('targets/a.json')).toEqual(text('{"a":1}'));
  expect(await bucket.read('blobs/empty')).toEqual(new Uint8Array());
  expect(await bucket.exists('targets/a.json')).toBe(true);
  await bucket.write('targets/a.json', text('{}'));
  expect(await bucket.read('targets/a.json')).toEqual(text('{}'));
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
  const bucket = open();
  await bucket.write(path, text('bytes'));
  const response = await fetch(`${endpoint}/${key(bucket, path)}`, {
    headers: { 'x-amz-user-agent': 'test' },
  });
  expect(await response.text()).toBe('bytes');
  expect(response.headers.get('content-type')).toBe(type);
  expect(response.headers.get('cache-control')).toBe(cache);
  expect(response.headers.get('content-encoding')).toBeNull();
});

test('a large object comes back as it was', async () => {
  const bucket = open();
  const bytes = Uint8Array.from(
    { length: 5 * 1024 * 1024 },
    (_, index) => (index * 31) ^ (index >> 8),
  );
  await bucket.write('blobs/large', bytes);
  expect(Buffer.compare((await bucket.read('blobs/large'))!, bytes)).toBe(0);
});

test('a prefix is a folder: with or without the last slash, apart from others, or none', async () => {
  await open({ url: 's3://models/a/b.c/' }).write('x.json', text('under a'));
  expect(open({ url: 's3://models/a/b.c/' }).path).toBe('s3://models/a/b.c');
  expect(await open({ url: 's3://models/a/b.c' }).read('x.json')).toEqual(text('under a'));
  expect(await open({ url: 's3://models/a' }).read('x.json')).toBeUndefined();
  const root = open({ url: 's3://models' });
  expect(root.path).toBe('s3://models');
  expect(await root.read('a/b.c/x.json')).toEqual(text('under a'));
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
    expect(() => open({ endpoint: bad })).toThrow(
      expect.objectContaining({ name: 'CommandError' }),
    );
    expect(() => open({ endpoint: bad })).not.toThrow('secret');
  },
);

test('endpoint and credentials come from the environment', async () => {
  vi.stubEnv('AWS_PROFILE', undefined);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'S3RVER');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'S3RVER');
  vi.stubEnv('AWS_SESSION_TOKEN', undefined);
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1');
  vi.stubEnv('AWS_ENDPOINT_URL_S3', endpoint);
  const bucket = openBucket('s3://models/environment');
  await bucket.write('a', text('a'));
  expect(await open({ url: 's3://models/environment' }).read('a')).toEqual(text('a'));
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'wrong');
  expect(await messageOf(openBucket('s3://models/environment').read('a'))).toContain(
    'AWS_SECRET_ACCESS_KEY',
  );
});

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
    vi.stubEnv(name, join(folder, 'missing'));
  expect(await messageOf(openBucket('s3://models/a', { endpoint }).read('a'))).toBe(
    `CommandError: Bucket models at ${endpoint}: no credentials. Set AWS_ACCESS_KEY_ID and ` +
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
  const bucket = open(options);
  for (const run of [
    () => bucket.read('a'),
    () => bucket.exists('a'),
    () => bucket.write('a', text('a')),
    () => withBucketLock(bucket, async () => 'done'),
  ]) {
    const message = await messageOf(run());
    expect(message).toMatch(new RegExp(`^CommandError: Bucket (models|other) at ${endpoint}: `));
    expect(message).toContain(expected);
    expect(message).not.toMatch(/tell-nobody|OTHER/);
  }
});

test('a server that is not there', async () => {
  const gone = await listen(() => undefined);
  await new Promise((resolve) => servers.pop()!.close(resolve));
  expect(await messageOf(open({ endpoint: gone }).read('a'))).toBe(
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
])('an answer of %i %s is told with what to do', async (status, code, expected) => {
  const other = await listen((request, response) =>
    code === ''
      ? void response.writeHead(status).end('<html><p>No such page')
      : refuse(request, response, status, code),
  );
  const bucket = open({ endpoint: other });
  for (const run of [
    () => bucket.read('a'),
    () => bucket.write('a', text('a')),
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
])('an answer of %i is asked again, and told when it stays', async (status, code) => {
  let left = 1;
  const busy = await listen((request, response) =>
    left-- > 0 ? refuse(request, response, status, code) : s3(request, response),
  );
  const bucket = open({ endpoint: busy });
  await bucket.write('a', text('a'));
  expect(await bucket.read('a')).toEqual(text('a'));
  left = Infinity;
  vi.stubEnv('AWS_MAX_ATTEMPTS', '2');
  expect(await messageOf(open({ endpoint: busy }).read('a'))).toBe(
    `CommandError: Bucket models at ${busy}: it answered ${status} (${code}), also when ` +
      'asked again. Try later.',
  );
});

test('an answer that is cut short is an error, not a short object', async () => {
  const cut = await listen((_, response) => {
    response.writeHead(200, { 'content-length': '100', etag: '"a"' }).write('begin');
    setImmediate(() => response.destroy());
  });
  expect(await messageOf(open({ endpoint: cut }).read('a'))).toContain(
    `CommandError: Bucket models at ${cut}: no connection: the connection was cut`,
  );
});

test('the lock keeps a second publisher out, and is given back, also after a fault', async () => {
  const bucket = open();
  const result = await withBucketLock(bucket, async (held) => {
    expect(
      await messageOf(withBucketLock(open({ url: bucket.path }), async () => 'done')),
    ).toContain(`CommandError: Another publisher is writing to ${bucket.path}. Try again`);
    await held.write('metadata/timestamp.json', text('{}'));
    await held.write('blobs/a', text('a'));
    return 'published';
  });
  expect(result).toBe('published');
  expect(await bucket.read('metadata/timestamp.json')).toEqual(text('{}'));
  expect(await bucket.exists('.publishing')).toBe(false);
  expect(
    await messageOf(withBucketLock(bucket, () => Promise.reject(new Error('of the work')))),
  ).toBe('Error: of the work');
  expect(await withBucketLock(bucket, async () => 'again')).toBe('again');
});

test('of many at the same moment one gets it', async () => {
  const bucket = open();
  let finish = (): void => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const all = Array.from({ length: 8 }, () =>
    messageOf(withBucketLock(open({ url: bucket.path }), () => finished)),
  );
  let refused = 0;
  for (const one of all) void one.then(() => ++refused === 7 && finish());
  expect((await Promise.all(all)).filter((message) => message === 'no error')).toHaveLength(1);
});

test('one publisher takes over a lock older than 10 minutes; its old holder writes nothing more', async () => {
  const bucket = open();
  let finish = (): void => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  let second: Promise<void> = Promise.resolve();
  const message = await messageOf(
    withBucketLock(bucket, async (held) => {
      await utimes(fileOf(key(bucket, '.publishing')), 0, 0);
      await new Promise<void>((taken, failed) => {
        second = withBucketLock(open({ url: bucket.path }), async (other) => {
          await other.write('metadata/1.snapshot.json', text('other'));
          taken();
          await finished;
        });
        second.catch(failed);
      });
      expect(
        await messageOf(withBucketLock(open({ url: bucket.path }), async () => 'third')),
      ).toContain('Another publisher is writing');
      await held.write('metadata/1.snapshot.json', text('late'));
    }),
  );
  expect(message).toContain(`CommandError: Another publisher took over ${bucket.path}`);
  expect(await bucket.read('metadata/1.snapshot.json')).toEqual(text('other'));
  expect(await bucket.exists('.publishing')).toBe(true);
  finish();
  await second;
  expect(await bucket.exists('.publishing')).toBe(false);
});

test('a lock in use is renewed', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const bucket = open();
  await withBucketLock(bucket, async () => {
    await utimes(fileOf(key(bucket, '.publishing')), 0, 0);
    await vi.advanceTimersByTimeAsync(2 * 60_000);
    await vi.waitFor(
      async () => expect((await bucket.look('.publishing'))!.ageMs).toBeLessThan(10 * 60_000),
      { timeout: 60_000 },
    );
  });
});

test('the age of a lock is by the clock of the server', async () => {
  const ahead = await listen((request, response) => {
    response.setHeader('Date', new Date(86_400_000).toUTCString());
    s3(request, response);
  });
  const bucket = open();
  await bucket.write('.publishing', text('lock'));
  await utimes(fileOf(key(bucket, '.publishing')), 86_400 - 60, 86_400 - 60);
  expect((await open({ url: bucket.path, endpoint: ahead }).look('.publishing'))?.ageMs).toBe(
    60_000,
  );
});

test('a lock whose answer was lost is known as ours', async () => {
  let lost = 0;
  const handle = conditions(s3);
  const lossy = await listen((request, response) => {
    if (request.method === 'PUT' && lost++ === 0) {
      const { writeHead } = response;
      // The write is done, but the answer is an error of a proxy in between.
      response.writeHead = ((...args: Parameters<typeof writeHead>) =>
        writeHead.apply(response, [
          502,
          ...args.slice(1),
        ] as unknown as typeof args)) as typeof writeHead;
    }
    handle(request, response);
  });
  const bucket = open({ endpoint: lossy });
  expect(await withBucketLock(bucket, async () => 'ours')).toBe('ours');
  expect(lost).toBeGreaterThan(1);
  expect(await bucket.exists('.publishing')).toBe(false);
});

test('a server without conditional writes is told, whether it ignores them or refuses', async () => {
  const ignoring = open({ endpoint: plain });
  const refusing = open({
    endpoint: await listen((request, response) =>
      request.headers['if-none-match']
        ? refuse(request, response, 501, 'NotImplemented')
        : s3(request, response),
    ),
  });
  for (const bucket of [ignoring, refusing]) {
    expect(await messageOf(withBucketLock(bucket, async () => 'done'))).toContain(
      'CommandError: Bucket models at http://127.0.0.1:',
    );
    expect(await messageOf(withBucketLock(bucket, async () => 'done'))).toContain(
      'this server has no conditional writes',
    );
    expect(await bucket.exists('.publishing')).toBe(false);
  }
});
