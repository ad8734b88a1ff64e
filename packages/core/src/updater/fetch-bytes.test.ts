import { expect, test } from 'vitest';
import { fetchBytes } from './fetch-bytes.ts';
import { createRegistry, serve } from './registry.fixture.ts';

test('a connection that goes silent is given up as NETWORK, after trying again', async () => {
  let attempts = 0;
  const { url } = await serve(createRegistry(), (_, response) => {
    attempts += 1;
    response.writeHead(200).write('the beginning');
    return true;
  });
  await expect(
    fetchBytes(`${url}silent`, { maxBytes: 1_000, stallMs: 1_500 }),
  ).rejects.toMatchObject({
    code: 'NETWORK',
    message: expect.stringContaining('sent nothing') as string,
  });
  expect(attempts).toBe(4);
});

test('a slow host is given up at the first attempt, and its bytes no longer count as progress', async () => {
  let counted = 0;
  const { url, requests } = await serve(createRegistry(), (_, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write('.'), 20);
    response.on('close', () => clearInterval(timer));
    return true;
  });
  await expect(
    fetchBytes(`${url}dripping`, {
      maxBytes: 1_000_000,
      slowMs: 200,
      onBytes: (bytes) => (counted += bytes),
    }),
  ).rejects.toMatchObject({
    code: 'NETWORK',
    message: expect.stringContaining('too slow') as string,
    retryable: true,
  });
  expect([requests.length, counted]).toEqual([1, 0]);
});

test('an endless answer is read up to the allowed length only', async () => {
  let sent = 0;
  const { url } = await serve(createRegistry(), (_, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(new Uint8Array(65_536))) sent += 65_536;
    };
    response.on('drain', more);
    more();
    return true;
  });
  await expect(fetchBytes(`${url}endless`, { maxBytes: 100_000 })).rejects.toMatchObject({
    code: 'WRONG_CONTENT',
  });
  expect(sent).toBeLessThan(50_000_000);
});

test('an abort ends the wait for the next attempt, with the reason of the abort', async () => {
  const { url } = await serve(createRegistry(), (_, response) => {
    response.writeHead(503, { 'retry-after': '60' }).end();
    abort.abort(new Error('the user left'));
    return true;
  });
  const abort = new AbortController();
  await expect(fetchBytes(`${url}busy`, { maxBytes: 1_000, signal: abort.signal })).rejects.toThrow(
    'the user left',
  );
});

test('a request is not repeated after an answer that will not change', async () => {
  const { url, requests } = await serve(createRegistry(), (_, response) => {
    response.writeHead(403).end();
    return true;
  });
  await expect(fetchBytes(`${url}forbidden`, { maxBytes: 1_000 })).rejects.toMatchObject({
    code: 'FORBIDDEN',
    retryable: false,
    details: { status: 403 },
  });
  expect(requests).toHaveLength(1);
});
