import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createCounters, decodeBatch, decodeFrame } from '@perigee/profile';
import type { Profile, SealedBatch } from '@perigee/profile';
import { gunzip } from '@perigee/registry';
import { onTestFinished, vi } from 'vitest';
import type { ModelStore } from '../store/store.ts';
import { inBatches, openWindows, sealWindows } from './seal.ts';

export const HOUR = 490_000;
export const NOW_HOUR = Math.floor(Date.now() / 3_600_000);

export function profile(predictions: number, { model = 'digits', hour = HOUR } = {}): Profile {
  const counters = createCounters(null);
  for (let i = 0; i < predictions; i += 1) counters.observePrediction();
  return counters.snapshot({
    model,
    version: '1.0.0',
    reference: '',
    backend: 'wasm',
    browser: 'chromium',
    segment: '',
    sampling: 0,
    privacy: 0,
    group: 3,
    hour,
  });
}

export interface CollectorFixture {
  readonly url: string;
  readonly received: SealedBatch[];
  readonly requests: {
    readonly contentType: string | undefined;
    readonly cookie: string | undefined;
    readonly sentAtMs: number;
    readonly record: string;
  }[];
  /**
   * Answers to the next uploads, in order; then 202. `lose`: the batch is counted, but the answer
   * never arrives.
   */
  readonly answers: (
    | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
    | 'lose'
    | 'hang'
  )[];
  /** Number of predictions received, each batch counted once. */
  counted(): number;
}

export async function startCollector(): Promise<CollectorFixture> {
  const received: SealedBatch[] = [];
  const requests: CollectorFixture['requests'] = [];
  const answers: CollectorFixture['answers'] = [];
  const server = createServer(async (request, response) => {
    // A client that follows a redirect of a POST asks with GET.
    if (request.method === 'GET') return void response.end();
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { sentAtMs, gzip, record } = decodeFrame(new Uint8Array(Buffer.concat(parts)));
    requests.push({
      contentType: request.headers['content-type'],
      cookie: request.headers.cookie,
      sentAtMs,
      record: Buffer.from(record).toString('hex'),
    });
    const answer = answers.shift() ?? { status: 202 };
    if (answer === 'lose' || answer === 'hang' || answer.status < 300)
      received.push(decodeBatch(gzip ? await gunzip(record, 1e7, 'batch') : record));
    if (answer === 'lose') return void response.destroy();
    if (answer === 'hang') return;
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    requests,
    answers,
    counted: () =>
      [...new Map(received.map((batch) => [batch.batchId, batch])).values()]
        .flatMap(({ profiles }) => profiles)
        .reduce((sum, { predictions }) => sum + predictions, 0),
  };
}

/** Seals all windows like a flush, without sending them. */
export async function seal(store: ModelStore): Promise<void> {
  for (const windows of inBatches(await openWindows(store))) await sealWindows(store, windows);
}

/** Moves the clock forward. */
export function passTime(ms: number): void {
  const now = Date.now() + ms;
  vi.spyOn(Date, 'now').mockReturnValue(now);
  onTestFinished(() => void vi.restoreAllMocks());
}
