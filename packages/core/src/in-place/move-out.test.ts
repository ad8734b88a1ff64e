import { readFile } from 'node:fs/promises';
import { runtime } from '#runtime';
import { expect, onTestFinished, test } from 'vitest';
import { PerigeeError } from '../error.ts';
import { openWorker, requestToWire, settingsOf } from '../main/backends/open-worker.ts';
import type { OpenWorker } from '../main/backends/open-worker.ts';
import type { CallAnswer } from '../rpc/answers.ts';
import { createBufferPool } from '../rpc/buffer-pool.ts';
import { unpackError } from '../rpc/error-handler.ts';
import { openSmall } from './small-model.ts';

const FILE = new URL('../../../../e2e/models/two-layers.onnx', import.meta.url);
const GONE = new PerigeeError('WORKER_CRASHED', 'The worker ended.');

/** Opens a small model whose workers pass through `take` before they get its calls. */
async function open(take: (worker: OpenWorker) => void): Promise<OpenWorker> {
  const files = { 'two-layers.onnx': new Blob([await readFile(FILE)]) };
  const opened = await openSmall({
    lent: {
      PerigeeError,
      requestToWire,
      unpackError,
      async openWorker(...args) {
        const worker = await openWorker(...args);
        take(worker);
        return worker;
      },
    },
    runtime,
    recipe: {
      ...settingsOf({}, {}),
      source: { kind: 'files', files },
      store: null,
      observe: null,
      updater: null,
      buffers: createBufferPool(),
      inPlace: true,
    },
    answer: undefined,
  });
  if (!('connection' in opened)) throw new Error('The model is not small.');
  onTestFinished(() => opened.connection.end(GONE));
  return opened;
}

/** A call with data that only a message takes. */
function callWorker({ connection }: OpenWorker): Promise<CallAnswer> {
  const data = new Float32Array(64);
  const feeds = { x: { dtype: 'float32', shape: [1, 64], data } } as const;
  return new Promise((resolve, reject) => {
    connection.calls.send(
      {
        input: { kind: 'feeds', feeds, outputs: null },
        sentAtMs: 0,
        background: false,
        lent: false,
      },
      { resolve, reject },
      [data.buffer],
    );
  });
}

test('a worker that ends before it gets the calls answers none, and the next call opens another', async () => {
  let count = 0;
  const here = await open(({ connection }) => {
    count += 1;
    if (count === 1) connection.end(GONE);
  });
  await expect(callWorker(here)).rejects.toMatchObject({
    code: 'INFERENCE_FAILED',
    retryable: true,
  });
  expect(await callWorker(here)).toHaveProperty('outputs.y');
  expect(count).toBe(2);
});

test('a model that is closed while it moves answers the calls that wait for the worker', async () => {
  const here = await open(() => undefined);
  const waiting = callWorker(here);
  await here.connection.call('close');
  here.connection.end(GONE);
  expect(await waiting).toHaveProperty('outputs.y');
});
