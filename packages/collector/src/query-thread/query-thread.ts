import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { Worker } from 'node:worker_threads';
import { HttpError } from '../http/http-error.ts';
import type { CheckResult } from '../monitor/check-models.ts';
import type { Answer, Order, Query, QueryOptions, Report } from './messages.ts';

const RETRY_AFTER_SECONDS = 5;

export interface Answered extends Omit<Answer, 'body'> {
  readonly body: Readable;
}

/**
 * Runs reads and analyses on a separate thread. A comparison takes a second and would delay
 * uploads.
 */
export interface QueryThread {
  /**
   * Answers a GET request of the reading routes. Error responses resolve, too.
   * @throws HttpError 503 when the store cannot settle or the thread has ended
   */
  answer(url: string): Promise<Answered>;
  /**
   * Checks every model over the window that ends before `toHour`. @throws like `answer`, and
   * errors of the analysis
   */
  check(toHour: number): Promise<CheckResult>;
  /** Ends the thread. Pending queries fail. */
  close(): Promise<void>;
}

/**
 * Starts the thread with the first query, and again with the next query if it ends unexpectedly.
 * @param settle called before each query, so that the thread sees everything acknowledged
 */
export function createQueryThread(
  options: QueryOptions,
  settle: () => Promise<void>,
  logger: Pick<Console, 'error'>,
): QueryThread {
  let running: ReturnType<typeof start> | undefined;
  let isClosed = false;

  async function ask(query: Query): Promise<unknown> {
    await settle();
    if (isClosed) throw ended();
    running ??= start(options, logger, () => (running = undefined));
    return running.ask(query);
  }

  return {
    answer: async (url) => (await ask({ kind: 'question', url })) as Answered,
    check: async (toHour) => (await ask({ kind: 'check', toHour })) as CheckResult,
    async close() {
      isClosed = true;
      await running?.close();
    },
  };
}

function start(options: QueryOptions, logger: Pick<Console, 'error'>, onEnd: () => void) {
  // Do not pass on flags of the main script, such as --input-type.
  const worker = new Worker(new URL('./worker.js', import.meta.url), {
    name: 'perigee-queries',
    execArgv: [],
    workerData: options,
  });
  const waiting = new Map<
    number,
    { readonly resolve: (value: unknown) => void; readonly reject: (error: unknown) => void }
  >();
  /**
   * Response bodies in progress. A stream does not notice that the thread at its other end has
   * ended.
   */
  const bodies = new Set<Readable>();
  let ids = 0;
  let isClosing = false;
  let fault: unknown;

  worker.on('message', (report: Report) => {
    if (report.kind === 'log') return logger.error(...report.what);
    const asked = waiting.get(report.id);
    waiting.delete(report.id);
    if (report.kind === 'failed') asked?.reject(report.error);
    else
      asked?.resolve(
        'body' in report.value ? { ...report.value, body: track(report.value.body) } : report.value,
      );
  });
  // The message could not be deserialised, so its query is unknown. End the thread; all waiting
  // callers retry.
  worker.on('messageerror', (error) => {
    fault = error;
    end();
  });
  worker.on('error', (error) => (fault = error));
  const exit = new Promise<void>((resolve) => {
    worker.on('exit', (code) => {
      onEnd();
      if (!isClosing)
        logger.error(
          'The thread that answers questions and checks the models ended; the next ' +
            'question starts it again.',
          fault ?? new Error(`It exited with code ${code}.`),
        );
      for (const { reject } of waiting.values()) reject(ended());
      for (const body of bodies) body.destroy(ended());
      resolve();
    });
  });

  /**
   * Asks the thread to exit by itself: terminating it inside SQLite's binding may crash the
   * process.
   */
  function end(): void {
    worker.postMessage({ kind: 'close' } satisfies Order);
  }

  function track(stream: Answer['body']): Readable {
    const body = Readable.fromWeb(stream as ReadableStream<Uint8Array>);
    bodies.add(body);
    // The reader of the stream handles its errors. Without a listener here, an unread stream's
    // error would end the process.
    body.on('error', () => undefined);
    return body.once('close', () => bodies.delete(body));
  }

  return {
    ask: (query: Query) =>
      new Promise<unknown>((resolve, reject) => {
        ids += 1;
        waiting.set(ids, { resolve, reject });
        worker.postMessage({ kind: 'query', id: ids, query } satisfies Order);
      }),
    close() {
      isClosing = true;
      end();
      return exit;
    },
  };
}

function ended(): HttpError {
  return new HttpError(
    503,
    'UNAVAILABLE',
    'The thread that answers questions ended; ask again.',
    RETRY_AFTER_SECONDS,
  );
}
