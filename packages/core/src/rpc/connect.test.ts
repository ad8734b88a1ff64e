import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { PerigeeError } from '../error.ts';
import { superviseThread } from '../runtime/node-worker.ts';
import { connect } from './connect.ts';

interface TestApi {
  fail(): Promise<void>;
  failPlainly(): Promise<void>;
  add(a: number, b: number): Promise<number>;
  hang(): Promise<void>;
  exit(code: number): Promise<void>;
  crash(): Promise<void>;
}

/** Starts a real worker thread over the built package, supervised like the SDK's own. */
function startWorker() {
  const expose = new URL('../../dist/rpc/expose.js', import.meta.url).href;
  const errors = new URL('../../dist/error.js', import.meta.url).href;
  const code = `
    const { exposeApi } = await import(${JSON.stringify(expose)});
    const { PerigeeError } = await import(${JSON.stringify(errors)});
    exposeApi({
      fail() {
        throw new PerigeeError('INTEGRITY', 'chunk 7 is damaged', {
          cause: new RangeError('inner'),
          details: { chunk: 7, digest: 'ab' },
          retryable: true,
        });
      },
      failPlainly() { throw new TypeError('not ours'); },
      add: (a, b) => a + b,
      hang: () => new Promise(() => {}),
      exit: (code) => process.exit(code),
      crash: () => new Promise(() => setTimeout(() => { throw new Error('boom'); })),
    });`;
  // The flags of Vitest's process lead to TypeScript.
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), {
    execArgv: [],
  });
  const end = (): void => void worker.terminate();
  onTestFinished(end);
  return connect<TestApi>(superviseThread('inference', worker, end));
}

test('a PerigeeError keeps all its fields across the boundary', async () => {
  const error = await startWorker()
    .call('fail')
    .catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(PerigeeError);
  expect(error).toMatchObject({
    name: 'PerigeeError',
    code: 'INTEGRITY',
    message: 'chunk 7 is damaged',
    retryable: true,
    details: { chunk: 7, digest: 'ab' },
  });
  expect((error as PerigeeError).cause).toMatchObject({ name: 'RangeError', message: 'inner' });
});

test('another error keeps its name and message', async () => {
  await expect(startWorker().call('failPlainly')).rejects.toMatchObject({
    name: 'TypeError',
    message: 'not ours',
  });
});

test('calls in flight reject when the worker exits, all of them', async () => {
  const connection = startWorker();
  expect(await connection.call('add', 2, 3)).toBe(5);
  const hanging = [connection.call('hang'), connection.call('hang')];
  connection.call('exit', 3).catch(() => undefined);
  for (const call of hanging)
    await expect(call).rejects.toMatchObject({ code: 'WORKER_CRASHED', retryable: true });
  expect(connection.ended?.code).toBe('WORKER_CRASHED');
  await expect(connection.call('add', 1, 1)).rejects.toMatchObject({ code: 'WORKER_CRASHED' });
});

test('an uncaught error in the worker rejects the calls in flight with its message', async () => {
  const connection = startWorker();
  await expect(connection.call('crash')).rejects.toMatchObject({
    code: 'WORKER_CRASHED',
    message: expect.stringContaining('boom') as string,
  });
});

test('ending a connection rejects the calls in flight with the given reason', async () => {
  const connection = startWorker();
  const call = connection.call('hang');
  connection.end(new PerigeeError('DISPOSED', 'no longer needed'));
  await expect(call).rejects.toMatchObject({ code: 'DISPOSED', message: 'no longer needed' });
});
