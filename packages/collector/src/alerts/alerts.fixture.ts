import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Finding } from './finding.ts';
import type { Clock } from './notify/clock.ts';
import { headlineOf } from './words/headline.ts';
import type { Notice } from './notify/notifier.ts';

export const HOUR = 490_000;

export function finding(change: Partial<Finding> = {}): Finding {
  return {
    rule: 'feature-drift',
    model: 'digits',
    version: '1.1.0',
    segment: '',
    subject: 'ink',
    severity: 'ticket',
    effect: { value: 0.0614, low: 0.05, high: 0.07, threshold: 0.03, unit: 'distance' },
    effectiveN: 912,
    devices: 1_400,
    topFeatures: ['ink', 'slant', 'width', 'height', 'loops'].map((name, i) => ({
      name,
      contribution: 0.5 / 2 ** i,
    })),
    firstVersionSeen: '1.1.0',
    fromHour: HOUR - 1,
    toHour: HOUR,
    summary: 'ink differs from the reference by 0.061.',
    facts: { shift: { kind: 'down', share: 0.21, usual: 0.05 } },
    ...change,
  };
}

export function notice(change: Partial<Notice> = {}): Notice {
  const findings = change.findings ?? [finding()];
  return {
    id: 'a1:opened:490000',
    event: 'opened',
    why: null,
    alert: 'a1',
    rule: 'feature-drift',
    model: 'digits',
    version: '1.1.0',
    segment: '',
    severity: 'ticket',
    since: '2025-11-24T15:00:00.000Z',
    at: '2025-11-24T16:00:00.000Z',
    headline: headlineOf(findings),
    impact: 'No session fails.',
    findings,
    subjects: 1,
    url: 'https://perigee.example/alerts/a1',
    runbook: 'https://perigee.example/runbooks/feature-drift',
    ...change,
  };
}

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An HTTP server that responds with the given statuses, one per request, then with 200. */
export async function receiver(
  answers: readonly (
    | number
    | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
    | 'hang'
    | 'cut'
  )[] = [],
) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const answer = answers[received.length] ?? 200;
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      if (answer === 'hang') return;
      if (answer === 'cut') return void request.socket.destroy();
      const {
        status,
        headers = {},
        body = 'answer',
      } = typeof answer === 'number' ? { status: answer } : answer;
      response.writeHead(status, headers).end(body);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/secret-path`,
    received,
    server,
  };
}

/**
 * A clock that moves only when told. It then runs due timers in order and lets their promises
 * settle.
 */
export function testClock(startMs = HOUR * 3_600_000) {
  let nowMs = startMs;
  let timers: { readonly atMs: number; readonly run: () => void }[] = [];
  const clock: Clock = {
    now: () => nowMs,
    after(ms, run) {
      const timer = { atMs: nowMs + ms, run };
      timers.push(timer);
      return () => void (timers = timers.filter((one) => one !== timer));
    },
  };
  return {
    clock,
    async advance(ms: number): Promise<void> {
      const endMs = nowMs + ms;
      for (;;) {
        await settle();
        const next = timers
          .filter(({ atMs }) => atMs <= endMs)
          .toSorted((a, b) => a.atMs - b.atMs)[0];
        if (!next) break;
        timers = timers.filter((one) => one !== next);
        nowMs = Math.max(nowMs, next.atMs);
        next.run();
      }
      nowMs = endMs;
    },
  };
}

/** Promise chains without I/O have settled after one turn of the event loop. */
const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

export function testLogger() {
  const lines: string[] = [];
  return {
    lines,
    logger: { error: (...parts: unknown[]) => void lines.push(parts.map(String).join(' ')) },
  };
}
