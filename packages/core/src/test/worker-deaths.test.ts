import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { loadModel } from 'perigee';
import type { Model, PredictOptions, Tensors } from 'perigee';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AnswerMessage } from '../rpc/protocol.ts';

const LOOP = fileURLToPath(new URL('../../../../e2e/models/loop.onnx', import.meta.url));
/** A number of rounds that takes hours. Wasm blocks its thread for all of them. */
const ENDLESS = 1e12;
/** A number of rounds that takes about two seconds. */
const LONG = 600_000;

/** Every worker thread that was started. */
const workers: Worker[] = [];
/** The thread in a run that it has announced, as it does unless the run has all calls it got. */
let running: Worker | undefined;
const runs = new EventEmitter();
const note = (worker: Worker): void => {
  workers.push(worker);
  worker.on('message', (message: AnswerMessage | undefined) => {
    if (message?.begun) runs.emit('begun', (running = worker));
    else if (message?.answers) running = undefined;
  });
  worker.on('exit', () => {
    if (running === worker) running = undefined;
  });
};
let model: Model;
beforeAll(async () => {
  process.on('worker', note);
  model = await loadModel(LOOP, { backend: 'wasm', threads: 1 });
});
afterAll(async () => {
  process.off('worker', note);
  await model.dispose();
});

/** Counts up to `rounds`. */
async function count(rounds: number, options: PredictOptions = {}): Promise<number> {
  const feeds: Tensors = {
    x: { dtype: 'float32', shape: [1], data: Float32Array.of(0) },
    rounds: { dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(rounds)) },
  };
  const { y } = await model.run(feeds, options);
  return (y!.data as Float32Array)[0]!;
}

/** Waits for count(2), and resolves to the thread that is then in the run of the next call. */
async function runAfter(short: Promise<number>): Promise<Worker> {
  expect(await short).toBe(2);
  return running ?? ((await once(runs, 'begun')) as [Worker])[0];
}

test('the worker of an endless run is replaced, even if a background call waits for longer', async () => {
  const waiting = count(5, { priority: 'background' });
  const endless = count(ENDLESS, { timeoutMs: 300 });
  await expect(endless).rejects.toMatchObject({ code: 'TIMEOUT' });
  expect(await waiting).toBe(5);
});

test('waiting calls that time out do not end the run of another call', async () => {
  const before = workers.length;
  const background = count(5, { priority: 'background', timeoutMs: 100 });
  const long = count(LONG);
  const left = [background, count(5, { timeoutMs: 150 })].map((call) =>
    expect(call).rejects.toMatchObject({ code: 'TIMEOUT' }),
  );
  await Promise.all(left);
  expect(await long).toBe(LONG);
  expect(workers.length).toBe(before);
});

test('a call that timed out behind another one is ended when it begins after that', async () => {
  const [short, long] = [count(2), count(LONG)];
  await runAfter(short);
  // Sent during that run, the call begins before the worker reads that it is cancelled.
  await expect(count(ENDLESS, { timeoutMs: 100 })).rejects.toMatchObject({ code: 'TIMEOUT' });
  const waiting = count(7);
  expect(await long).toBe(LONG);
  expect(await waiting).toBe(7);
});

test('a waiting call is answered, whatever number of workers die before it begins', async () => {
  const before = workers.length;
  const stops = [new AbortController(), new AbortController()];
  const rounds = stops.map(({ signal }) => ({
    short: count(2),
    endless: count(ENDLESS, { signal }).catch((error: unknown) => error),
  }));
  const [waiting, last] = [count(7), count(8, { priority: 'background' })];
  for (const [i, { short, endless }] of rounds.entries()) {
    const worker = await runAfter(short);
    // The caller aborts the endless run. The next worker goes on with the calls behind it.
    stops[i]!.abort();
    expect(await endless).toMatchObject({ name: 'AbortError' });
    await worker.terminate();
  }
  expect(await Promise.all([waiting, last])).toEqual([7, 8]);
  expect(workers.length).toBe(before + stops.length);
});
