import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { connect } from '../rpc/connect.ts';
import { superviseThread } from './node-worker.ts';

/** A thread that reports its end as Node may: the error, then an earlier message, then the exit. */
class DyingThread extends EventEmitter {
  ref(): void {}
  unref(): void {}
  postMessage(): void {}
  die(earlier: unknown): void {
    this.emit('error', new Error('boom'));
    this.emit('message', earlier);
    this.emit('exit', 1);
  }
}

test('an uncaught error blames only the call that its thread had begun', async () => {
  const thread = new DyingThread();
  const { calls } = connect(
    superviseThread('inference', thread as unknown as Worker, () => undefined),
  );
  const ends = [1, 2].map(
    (value) =>
      new Promise((resolve) =>
        calls.send(
          { input: { kind: 'list', values: [value] }, sentAtMs: 0, background: false, lent: false },
          { resolve, reject: ({ message }, waited) => resolve({ message, waited }) },
          [],
        ),
      ),
  );
  await Promise.resolve();
  thread.die({ begun: [1] });
  const message = expect.stringContaining('uncaught Error: boom') as string;
  expect(await Promise.all(ends)).toEqual([
    { message, waited: false },
    { message, waited: true },
  ]);
});
