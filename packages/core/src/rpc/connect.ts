import * as Comlink from 'comlink';
import { PerigeeError } from '../error.ts';
import type { WorkerHandle } from '../runtime/runtime.ts';
import { cannotBeSent, createCalls } from './calls.ts';
import type { Calls } from './calls.ts';
import { installErrorHandler } from './error-handler.ts';

type Methods = Record<never, unknown>;
type Arguments<F> = F extends (...args: infer A) => unknown ? A : never;
type Answer<F> = F extends (...args: never[]) => infer R ? Awaited<R> : never;

/**
 * A connection to one worker. Every call settles with the worker's answer or the error on which the
 * worker ended.
 */
export interface Connection<Api extends Methods> {
  call<K extends keyof Api & string>(
    method: K,
    ...args: Arguments<Api[K]>
  ): Promise<Answer<Api[K]>>;
  /** Sends predict() and run(), with less overhead than `call`. */
  readonly calls: Calls;
  /** Functions to call when the worker ends, including those of calls in flight. */
  readonly endings: Set<(error: PerigeeError) => void>;
  /** The error on which the worker ended; undefined while it lives. */
  readonly ended: PerigeeError | undefined;
  /** Ends the worker; calls in flight reject with `error`. */
  end(error: PerigeeError): void;
}

/**
 * Connects to a worker through Comlink and watches it. A plain Comlink call never settles when its
 * worker dies; here, calls in flight then reject with WORKER_CRASHED.
 * @param giveBack takes back the buffers of inputs
 */
export function connect<Api extends Methods>(
  worker: WorkerHandle,
  giveBack: (buffer: ArrayBuffer) => void = () => undefined,
): Connection<Api> {
  installErrorHandler();
  let held = 0;
  const hold = (): void => {
    if (held++ === 0) worker.wake?.();
  };
  const drop = (): void => {
    if (--held === 0) worker.rest?.();
  };
  const calls = createCalls(worker.endpoint, hold, drop, giveBack);
  const remote = Comlink.wrap<Record<string, (...args: unknown[]) => unknown>>(worker.endpoint);
  const endings = new Set<(error: PerigeeError) => void>();
  let ended: PerigeeError | undefined;

  function end(error: PerigeeError): void {
    if (ended) return;
    ended = error;
    worker.terminate();
    // Release the proxy: otherwise Comlink's finalization registry keeps the worker, and the
    // worker's listeners keep the proxy.
    remote[Comlink.releaseProxy]();
    for (const tell of endings) tell(error);
    calls.failAll(error);
  }

  worker.onDeath((reason) => {
    end(
      reason instanceof PerigeeError
        ? reason
        : new PerigeeError(
            'WORKER_CRASHED',
            `The ${worker.kind} worker ended: ${reason}. The next call starts a new one.`,
            { details: { worker: worker.kind, reason: String(reason) } },
          ),
    );
  });

  return {
    get ended() {
      return ended;
    },
    end,
    endings,
    calls,
    call<K extends keyof Api & string>(method: K, ...args: Arguments<Api[K]>) {
      return new Promise<Answer<Api[K]>>((resolve, reject) => {
        if (ended) return reject(ended);
        const settle = (): void => {
          endings.delete(fail);
          drop();
        };
        const fail = (error: unknown): void => {
          settle();
          reject(
            error instanceof Error ? error : new PerigeeError('INFERENCE_FAILED', String(error)),
          );
        };
        hold();
        endings.add(fail);
        // Comlink's proxy has every property.
        const answer = remote[method] as unknown as (...a: readonly unknown[]) => Promise<unknown>;
        answer(...args).then(
          (value) => {
            settle();
            resolve(value as Answer<Api[K]>);
          },
          (error: unknown) =>
            fail(/^(DataClone|Range)E/.test(String(error)) ? cannotBeSent(error) : error),
        );
      });
    },
  };
}
