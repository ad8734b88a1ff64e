import { execFile } from 'node:child_process';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commit, hourFromReference, hourOf, monitored, NOW_HOUR } from './monitor.fixture.ts';
import { parseRules } from './alerts/rules.ts';
import { createReferences } from './references.ts';
import type { References } from './references.ts';
import { openSqliteStore } from './store/sqlite/sqlite-store.ts';
import type { CollectorStore } from './store/store.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const START = NOW_HOUR - 80;
const DIGITS = { model: 'digits', version: '1.0.0' };
const MOVED = { feature: 3, by: 0.05 };
const quiet = { error: () => undefined };

let folder = '';
let registry = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-monitor-'));
  registry = join(folder, 'registry');
  await promisify(execFile)(process.execPath, [join(ROOT, 'models/publish.mjs'), registry]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Reads from a folder, and after a restart without what it had read. */
function restartable(base: string) {
  let current = createReferences(base, { logger: quiet });
  const references: References = { find: (...asked) => current.find(...asked), channels: (model) => current.channels(model) };
  return { references, restart: () => (current = createReferences(base, { logger: quiet })) };
}

test('while the registry cannot be read an alert on drift stays open, people are told, and it resolves when all is well', async () => {
  const { references, restart } = restartable(registry);
  const reference = (await references.find('digits', '1.0.0'))!.reference!;
  const { store, alerting, said, notices, look } = monitored({ references, rules: parseRules('{"schema":"perigee-alerts/1","rules":{"out-of-range":{"on":false}}}') });
  for (let hour = START; hour < START + 26; hour += 1) await commit(store, hourFromReference(hour, reference, DIGITS, 8, MOVED));
  for (let hour = START + 26; hour < START + 64; hour += 1) await commit(store, hourFromReference(hour, reference, DIGITS, 8));
  await look(START + 24, 3);
  expect(said()).toEqual(['opened feature-drift']);

  await rename(registry, `${registry}-away`);
  restart();
  await look(START + 27, 28);
  expect((await alerting.open()).map(({ rule, undecided }) => [rule, undecided]).toSorted()).toEqual([['cannot-judge', null], ['feature-drift', "The registry cannot be read; the collector's log says why."]]);
  expect(said()).toEqual(['opened feature-drift', 'opened cannot-judge']);
  expect(notices.at(-1)!.findings[0]!.summary).toBe("Every version of digits cannot be judged by error-rate, fallback-rate, latency, sample-ratio, silence: The registry cannot be read; the collector's log says why. Alerts that are open stay open until it can.");

  await rename(`${registry}-away`, registry);
  restart();
  await look(START + 55, 7);
  expect(said()).toEqual(['opened feature-drift', 'opened cannot-judge', 'resolved feature-drift', 'resolved cannot-judge']);
  expect(await alerting.open()).toEqual([]);
}, 30_000);

test('looks that fail altogether resolve nothing and are told', async () => {
  const inner = openSqliteStore(':memory:');
  let isBroken = false;
  const store: CollectorStore = { ...inner, totals: async () => (isBroken ? Promise.reject(new Error('a count might be more than 2^53')) : inner.totals()) };
  const { alerting, said, notices, look } = monitored({ store });
  for (let hour = START; hour < START + 26; hour += 1) await commit(store, hourOf(hour, { golden: { passed: 2, failed: 2 } }));
  await look(START + 25, 2);
  expect(said()).toEqual(['opened golden-failures']);
  isBroken = true;
  await look(START + 27, 10);
  expect((await alerting.open()).map(({ rule }) => rule).toSorted()).toEqual(['cannot-judge', 'golden-failures']);
  expect(notices.at(-1)).toMatchObject({ event: 'opened', rule: 'cannot-judge', model: '', url: expect.stringContaining('https://perigee.example/alerts') as string });
  expect(notices.at(-1)!.findings[0]!.summary).toContain('Every model cannot be judged: the last look at the models failed (a count might be more than 2^53)');
});

test('one version whose counts cannot be read is told, keeps its alerts, and keeps no other from being judged', async () => {
  const inner = openSqliteStore(':memory:');
  let isBroken = false;
  const store: CollectorStore = { ...inner, sums: async (query, by) => (isBroken && query.model === 'm' ? Promise.reject(new Error('counts that cannot be added')) : inner.sums(query, by)) };
  const { alerting, notices, look } = monitored({ store });
  const failing = { golden: { passed: 2, failed: 2 } };
  for (let hour = START; hour < START + 30; hour += 1) await commit(store, [...hourOf(hour, failing), ...hourOf(hour, hour < START + 3 ? failing : { golden: { passed: 4, failed: 0 } }, { model: 'other' })]);
  await look(START + 25, 2);
  isBroken = true;
  await look(START + 27, 10);
  const open = await alerting.open();
  expect(open.map(({ model, rule, undecided }) => [model, rule, undecided]).toSorted()).toEqual([['m', 'cannot-judge', null], ['m', 'golden-failures', 'counts that cannot be added']]);
  expect(notices.map(({ model, event, rule }) => `${model} ${event} ${rule}`)).toEqual(['m opened golden-failures', 'other opened golden-failures', 'm opened cannot-judge', 'other resolved golden-failures']);
});

test('too little data resolves no alert, as long as the version is in use', async () => {
  const { store, alerting, look } = monitored();
  for (let hour = START; hour < START + 26; hour += 1) await commit(store, hourOf(hour, { golden: { passed: 2, failed: 2 } }));
  // Nobody tries golden samples any more.
  for (let hour = START + 26; hour < START + 60; hour += 1) await commit(store, hourOf(hour, { golden: { passed: 0, failed: 0 } }));
  await look(START + 25, 30);
  expect(await alerting.open()).toMatchObject([{ rule: 'golden-failures', undecided: 'too little was counted in the last window' }]);
});

test('an alert of a version that is replaced resolves when nobody uses it; one of a version nothing replaced waits three days', async () => {
  const { store, alerting, look } = monitored();
  const failing = { golden: { passed: 20, failed: 20 } };
  for (const hour of [START, START + 1]) await commit(store, [...hourOf(hour, failing), ...hourOf(hour, failing, { model: 'other' })]);
  for (let hour = START + 2; hour < START + 80; hour += 12) await commit(store, hourOf(hour, { golden: { passed: 4, failed: 0 } }, { version: '1.1.0' }));
  await look(START + 2, 2);
  await look(START + 26, 6);
  expect((await alerting.open()).map(({ model, undecided }) => [model, undecided])).toEqual([['other', 'nothing of it was counted in the last window']]);
  await look(START + 74, 2);
  expect(await alerting.open()).toEqual([]);
});
