import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCollector } from '@perigee/collector';
import type { AlertsAnswer, AuditAnswer } from '@perigee/collector';
import { emptyProfile, encodeBatch, encodeFrame } from '@perigee/profile';
import { expect, onTestFinished, test } from 'vitest';
import { parseRules } from './rules.ts';

const HOUR_MS = 3_600_000;

test('the API and the audit log show no time in the future', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'perigee-times-'));
  const rules = parseRules(
    JSON.stringify({ schema: 'perigee-alerts/1', forWindows: { holds: 1, of: 1 } }),
  );
  const collector = await startCollector({ port: 0, dataDir, rules, everyMs: 200 });
  onTestFinished(async () => {
    await collector.close();
    await rm(dataDir, { recursive: true });
  });
  const startedMs = Date.now();
  // One batch per device group.
  for (let group = 0; group < 8; group += 1)
    expect(await post(collector.url, group, startedMs)).toBe(202);
  const get = async <T>(path: string): Promise<T> =>
    (await fetch(new URL(path, collector.url))).json() as Promise<T>;
  await expect
    .poll(async () => (await get<AlertsAnswer>('v1/alerts')).alerts.length)
    .toBeGreaterThan(0);
  for (const { openedAt, since } of (await get<AlertsAnswer>('v1/alerts')).alerts) {
    expect(Date.parse(openedAt)).toBeGreaterThanOrEqual(startedMs);
    expect(Date.parse(openedAt)).toBeLessThanOrEqual(Date.now());
    expect(Date.parse(since)).toBeGreaterThanOrEqual(Math.floor(startedMs / HOUR_MS) * HOUR_MS);
    expect(Date.parse(since)).toBeLessThanOrEqual(Date.now());
  }
  const { entries } = await get<AuditAnswer>('v1/audit');
  expect(entries.length).toBeGreaterThan(0);
  for (const { at } of entries) expect(Date.parse(at)).toBeLessThanOrEqual(Date.now());
});

/** Posts one hour of a device whose golden trials all fail. Resolves to the HTTP status. */
async function post(url: string, group: number, nowMs: number): Promise<number> {
  const hour = Math.floor(nowMs / HOUR_MS);
  const profile = emptyProfile({
    model: 'm',
    version: '1.0.0',
    reference: '',
    backend: 'wasm',
    browser: 'node',
    segment: '',
    sampling: 0,
    privacy: 0,
    group,
    hour,
  });
  const failing = {
    ...profile,
    sessions: { ...profile.sessions, started: 10 },
    golden: { passed: 0, failed: 10 },
  };
  const record = encodeBatch({
    batchId: `a${group}`.repeat(16),
    sealedAtMs: nowMs,
    lost: {},
    profiles: [failing],
  });
  const { status } = await fetch(new URL('v1/profiles', url), {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: encodeFrame({ sentAtMs: nowMs, gzip: false, record }) as BodyInit,
  });
  return status;
}
