import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { OverviewAnswer } from '@perigee/collector';
import {
  createCounters,
  encodeBatch,
  encodeFrame,
  LOSS_REASONS,
  parseReference,
  referenceId,
} from '@perigee/profile';
import type { Profile, SealedBatch } from '@perigee/profile';
import { seededRandom } from '@perigee/profile/analysis';
import fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { DEFAULT_RULES } from '../alerts/rules.ts';
import { batchId, NOW_HOUR, publishModels, ROOT, start } from '../collector.fixture.ts';
import { startProcess } from '../ingest/process.fixture.ts';
import { driftOptions } from '../monitor/monitor.ts';
import { createPublishedModels } from '../published-models.ts';
import { openMemoryStore } from '../store/memory/memory-store.ts';
import { registerOverview } from './routes/overview.ts';

publishModels();

/** PERIGEE_ALL=1 takes all seeds, and more steps. */
const ALL = process.env['PERIGEE_ALL'];
const SEEDS = ALL ? Array.from({ length: 20 }, (_, i) => i + 1) : [1];
const STEPS = ALL ? 60 : 14;
const VERSIONS = ['1.0.0', '1.1.0'] as const;
/** Uploads that arrive together. Their sums are written in several turns. */
const MANY = 120;
/** Nothing opens alerts during the test. */
const EVERY_MS = 3_600_000;

async function readReference(version: string) {
  const path = join(ROOT, `models/digits/versions/${version}/reference.json`);
  const bytes = new Uint8Array(await readFile(path));
  return { version, id: await referenceId(bytes), profile: parseReference(bytes) };
}

/** Makes batches of random devices. */
async function devices(next: () => number) {
  const references = await Promise.all(VERSIONS.map(readReference));
  const pick = (n: number): number => Math.floor(next() * n);
  const one = <T>(of: readonly T[]): T => of[pick(of.length)]!;

  function profile(group: number, hour: number): Profile {
    const { version, id, profile: reference } = one(references);
    const counters = createCounters(reference);
    counters.observeSession();
    for (let i = 0; i <= pick(20); i += 1) {
      counters.observePrediction();
      for (const f of reference.features.keys()) counters.observeFeature(f, next() * 20);
      counters.observeOutput(pick(10), next());
      if (next() < 0.2) counters.observeGroundTruth(pick(10), pick(10));
    }
    if (next() < 0.2) counters.observeError('INFERENCE_FAILED');
    return counters.snapshot({
      model: 'digits',
      version,
      reference: id,
      backend: one(['wasm', 'webgpu']),
      browser: group % 2 === 0 ? 'chromium' : 'firefox',
      segment: '',
      sampling: 0,
      privacy: 0,
      group,
      hour,
    });
  }

  return {
    pick,
    batch(): SealedBatch {
      const group = pick(16);
      const lost = next() < 0.1 ? { [one(LOSS_REASONS)]: 1 + pick(5) } : {};
      const last = NOW_HOUR - pick(30);
      const profiles = Array.from({ length: 1 + pick(3) }, (_, i) => profile(group, last - i));
      return { batchId: batchId(), sealedAtMs: Date.now(), lost, profiles };
    },
  };
}

/** Answers from all batches that it was given, of which it keeps no figures. */
function reckoner(registry: string) {
  const store = openMemoryStore();
  const publishedModels = createPublishedModels(registry, { logger: console });
  return {
    count: (batch: SealedBatch) => store.commit([batch]),
    async overview(): Promise<OverviewAnswer> {
      const app = fastify();
      const sources = { store, publishedModels, minDevices: 1 };
      registerOverview(app, sources, async () => [], driftOptions(DEFAULT_RULES, {}));
      return (await app.inject('/v1/overview')).json();
    },
  };
}

async function send(url: string, batch: SealedBatch): Promise<void> {
  const record = gzipSync(encodeBatch(batch));
  const body = encodeFrame({ sentAtMs: Date.now(), gzip: true, record });
  const answer = await fetch(new URL('v1/profiles', url), {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: body as BodyInit,
  });
  if (answer.status !== 202) throw new Error(await answer.text());
}

const ask = async (url: string): Promise<OverviewAnswer> =>
  (await (await fetch(new URL('v1/overview', url))).json()) as OverviewAnswer;

const predictionsIn = ({ models }: OverviewAnswer): number =>
  models.flatMap(({ versions }) => versions).reduce((sum, { predictions }) => sum + predictions, 0);

interface Running {
  readonly url: string;
  end(): Promise<unknown>;
}

/** A collector on one store, which begins anew by itself or after a kill. */
async function collectors(next: () => number) {
  const first = await start({ everyMs: EVERY_MS, uploadsPerMinute: 1e6 });
  const { dataDir, registry } = first;
  let running: Running = { url: first.url, end: first.close };
  return {
    registry,
    url: () => running.url,
    end: () => running.end(),
    async begin() {
      if (next() < 0.5) {
        const { url, kill } = await startProcess({ dataDir, registry, everyMs: EVERY_MS });
        running = { url, end: kill };
      } else {
        const { url, close } = await start({ dataDir, everyMs: EVERY_MS, uploadsPerMinute: 1e6 });
        running = { url, end: close };
      }
    },
  };
}

test.each(SEEDS)(
  'after uploads, questions, restarts and kills in any order, answers have each upload once (seed %i)',
  async (seed) => {
    const next = seededRandom(seed);
    const { pick, batch } = await devices(next);
    const collector = await collectors(next);
    onTestFinished(async () => void (await collector.end()));
    const right = reckoner(collector.registry);

    const take = async (sent: SealedBatch): Promise<void> => {
      await send(collector.url(), sent);
      await right.count(sent);
    };
    const compare = async (): Promise<void> => {
      const [answer, expected] = [await ask(collector.url()), await right.overview()];
      // Another hour may have begun between the two.
      if (answer.to !== expected.to) return compare();
      expect(answer).toEqual(expected);
    };
    const together = async (): Promise<void> => {
      const before = await right.overview();
      const batches = Array.from({ length: MANY }, batch);
      const uploads = batches.map(take);
      const between = await Promise.all([1, 2, 3].map(() => ask(collector.url())));
      await Promise.all(uploads);
      await compare();
      const after = await right.overview();
      if (before.to !== after.to) return;
      for (const answer of between) {
        expect(predictionsIn(answer)).toBeGreaterThanOrEqual(predictionsIn(before));
        expect(predictionsIn(answer)).toBeLessThanOrEqual(predictionsIn(after));
      }
    };
    const restart = async (): Promise<void> => {
      await collector.end();
      await collector.begin();
    };
    /** A device that gets no answer sends the same batch again. */
    const endDuringUploads = async (): Promise<void> => {
      const batches = Array.from({ length: MANY }, batch);
      const sent = batches.map((one) => send(collector.url(), one).catch(() => undefined));
      await Promise.race(sent);
      await restart();
      await Promise.all(sent);
      await Promise.all(batches.map(take));
    };
    const upload = () => take(batch());
    const steps = [upload, upload, upload, compare, compare, together, restart, endDuringUploads];
    for (let i = 0; i < STEPS; i += 1) await steps[pick(steps.length)]!();
    await compare();
    await restart();
    await compare();
  },
);
