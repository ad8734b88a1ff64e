import { utimes } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { withBucketLock } from './bucket-lock.ts';
import { encode, messageOf, refuse, s3Server } from './s3-server.fixture.ts';

const server = s3Server();

test('the lock keeps a second publisher out, and is released, also after an error', async () => {
  const bucket = server.open();
  const result = await withBucketLock(bucket, async (held) => {
    expect(
      await messageOf(withBucketLock(server.open({ url: bucket.path }), async () => 'done')),
    ).toContain(`CommandError: Another publisher is writing to ${bucket.path}. Try again`);
    await held.write('metadata/timestamp.json', encode('{}'));
    await held.write('blobs/a', encode('a'));
    return 'published';
  });
  expect(result).toBe('published');
  expect(await bucket.read('metadata/timestamp.json')).toEqual(encode('{}'));
  expect(await bucket.exists('.publishing')).toBe(false);
  expect(
    await messageOf(withBucketLock(bucket, () => Promise.reject(new Error('of the work')))),
  ).toBe('Error: of the work');
  expect(await withBucketLock(bucket, async () => 'again')).toBe('again');
});

test('of many publishers at the same moment one gets the lock', async () => {
  const bucket = server.open();
  let finish = (): void => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const all = Array.from({ length: 8 }, () =>
    messageOf(withBucketLock(server.open({ url: bucket.path }), () => finished)),
  );
  let refused = 0;
  for (const one of all) void one.then(() => ++refused === 7 && finish());
  expect((await Promise.all(all)).filter((message) => message === 'no error')).toHaveLength(1);
});

test('one publisher takes over a lock older than 10 minutes; its old holder writes nothing more', async () => {
  const bucket = server.open();
  let finish = (): void => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  let second: Promise<void> = Promise.resolve();
  const message = await messageOf(
    withBucketLock(bucket, async (held) => {
      await utimes(server.fileOf(bucket, '.publishing'), 0, 0);
      await new Promise<void>((taken, failed) => {
        second = withBucketLock(server.open({ url: bucket.path }), async (other) => {
          await other.write('metadata/1.snapshot.json', encode('other'));
          taken();
          await finished;
        });
        second.catch(failed);
      });
      expect(
        await messageOf(withBucketLock(server.open({ url: bucket.path }), async () => 'third')),
      ).toContain('Another publisher is writing');
      await held.write('metadata/1.snapshot.json', encode('late'));
    }),
  );
  expect(message).toContain(`CommandError: Another publisher took over ${bucket.path}`);
  expect(await bucket.read('metadata/1.snapshot.json')).toEqual(encode('other'));
  expect(await bucket.exists('.publishing')).toBe(true);
  finish();
  await second;
  expect(await bucket.exists('.publishing')).toBe(false);
});

test('a lock in use is renewed', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const bucket = server.open();
  await withBucketLock(bucket, async () => {
    await utimes(server.fileOf(bucket, '.publishing'), 0, 0);
    await vi.advanceTimersByTimeAsync(2 * 60_000);
    await vi.waitFor(
      async () => expect((await bucket.readObject('.publishing'))!.ageMs).toBeLessThan(10 * 60_000),
      { timeout: 60_000 },
    );
  });
});

test('the clock of the server decides the age of a lock', async () => {
  const ahead = await server.listen((request, response) => {
    response.setHeader('Date', new Date(86_400_000).toUTCString());
    server.handler(request, response);
  });
  const bucket = server.open();
  await bucket.write('.publishing', encode('lock'));
  await utimes(server.fileOf(bucket, '.publishing'), 86_400 - 60, 86_400 - 60);
  expect(
    (await server.open({ url: bucket.path, endpoint: ahead }).readObject('.publishing'))?.ageMs,
  ).toBe(60_000);
});

test('a lock whose answer was lost is recognized as ours', async () => {
  let lost = 0;
  const lossy = await server.listen((request, response) => {
    if (request.method === 'PUT' && lost++ === 0) {
      const { writeHead } = response;
      // The write is done, but the answer is an error of a proxy in between.
      response.writeHead = ((...args: Parameters<typeof writeHead>) =>
        writeHead.apply(response, [
          502,
          ...args.slice(1),
        ] as unknown as typeof args)) as typeof writeHead;
    }
    server.withConditions(request, response);
  });
  const bucket = server.open({ endpoint: lossy });
  expect(await withBucketLock(bucket, async () => 'ours')).toBe('ours');
  expect(lost).toBeGreaterThan(1);
  expect(await bucket.exists('.publishing')).toBe(false);
});

test('a server without conditional writes is an error, whether it ignores or refuses them', async () => {
  const ignoring = server.open({ endpoint: server.withoutConditions });
  const refusing = server.open({
    endpoint: await server.listen((request, response) =>
      request.headers['if-none-match']
        ? refuse(request, response, 501, 'NotImplemented')
        : server.handler(request, response),
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
