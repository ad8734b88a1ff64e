import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { PerigeeError } from '../error.ts';
import { nodeEndpoint } from '../runtime/node-endpoint.ts';
import { createCalls } from './calls.ts';
import type { Calls } from './calls.ts';
import { fromColumns } from './columns.ts';
import type { CallMessage, WireCall } from './protocol.ts';

/** The calls of a page, and what arrives at their worker. */
function callsToWorker() {
  const { port1: page, port2: worker } = new MessageChannel();
  onTestFinished(() => page.close());
  const calls = createCalls(
    nodeEndpoint(page),
    () => undefined,
    () => undefined,
    () => undefined,
  );
  return {
    calls,
    page,
    worker,
    /** The ids of the calls in the next message, or null when there is none yet. */
    arrived(): number[] | null {
      const message = receiveMessageOnPort(worker)?.message as CallMessage | undefined;
      if (!message) return null;
      const { call, calls: columns, count } = message;
      const arrived = call ? [call] : fromColumns<WireCall>(columns!, count!);
      return arrived.map(({ id }) => id);
    },
  };
}

/** Sends an input of this many numbers. Resolves to how the call ends. */
function send(calls: Calls, data: Float32Array<ArrayBuffer>, isLarge = false): Promise<string> {
  return new Promise((resolve) =>
    calls.send(
      { input: { kind: 'array', data }, sentAtMs: 0, background: false, lent: isLarge },
      {
        resolve: () => resolve('answered'),
        reject: ({ code }, waited) => resolve(`${code}${waited ? ', had waited' : ''}`),
      },
      isLarge ? [data.buffer] : [],
    ),
  );
}

test('an idle worker gets the first large input at once, and all later ones together', async () => {
  const { calls, arrived } = callsToWorker();
  void send(calls, Float32Array.of(1));
  expect(arrived()).toBe(null);
  void send(calls, new Float32Array(99_999), true);
  expect(arrived()).toEqual([1, 2]);
  void send(calls, new Float32Array(99_999), true);
  void send(calls, Float32Array.of(4));
  void send(calls, new Float32Array(99_999), true);
  expect(arrived()).toBe(null);
  await Promise.resolve();
  expect(arrived()).toEqual([3, 4, 5]);
  expect(arrived()).toBe(null);
});

test.each<[string, number[] | null, string[]]>([
  ['all calls of its message', null, ['WORKER_CRASHED', 'WORKER_CRASHED']],
  ['only the first one', [1], ['WORKER_CRASHED', 'WORKER_CRASHED, had waited']],
])('an idle worker begins %s and ends', async (_, begun, ends) => {
  const { calls, page, worker } = callsToWorker();
  const all = [send(calls, Float32Array.of(1)), send(calls, Float32Array.of(2))];
  await Promise.resolve();
  expect(receiveMessageOnPort(worker)?.message).toMatchObject({ idle: true });
  expect([1, 2].map((id) => calls.isRunning(id))).toEqual([true, true]);
  if (begun) {
    const read = new Promise((resolve) => page.once('message', resolve));
    worker.postMessage({ begun });
    await read;
    expect([1, 2].map((id) => calls.isRunning(id))).toEqual([true, false]);
  }
  calls.failAll(new PerigeeError('WORKER_CRASHED', 'It ended.'));
  expect(await Promise.all(all)).toEqual(ends);
});
