import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { startCollector } from '@perigee/collector';
import type { CollectorOptions } from '@perigee/collector';
import {
  createCounters,
  encodeBatch,
  encodeFrame,
  parseReference,
  referenceId,
} from '@perigee/profile';
import type { Profile, ReferenceProfile } from '@perigee/profile';
import { seededRandom } from '@perigee/profile/analysis';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import type { ModelsAnswer } from './api.ts';
import { publishDemoModels } from '../../../scripts/demo-registry.mjs';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
export const NOW_HOUR = Math.floor(Date.now() / 3_600_000);

let folder = '';
let reference: ReferenceProfile;
let id = '';

/** Publishes the models for all tests of a file. */
export function publishModels(): void {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'perigee-collector-'));
    await publishDemoModels(join(folder, 'registry'));
    const bytes = new Uint8Array(
      await readFile(join(ROOT, 'models/digits/versions/1.0.0/reference.json')),
    );
    reference = parseReference(bytes);
    id = await referenceId(bytes);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
}

/** Starts a collector of the published models. */
export async function start(options: CollectorOptions = {}) {
  const dataDir = options.dataDir ?? join(folder, `data-${Math.random()}`);
  const registry = join(folder, 'registry');
  const collector = await startCollector({
    port: 0,
    registry,
    ...options,
    dataDir,
  });
  let open = true;
  const close = async (): Promise<void> => {
    if (open) await collector.close();
    open = false;
  };
  onTestFinished(close);
  const get = async <T>(path: string): Promise<T> =>
    (await fetch(new URL(path, collector.url))).json() as Promise<T>;
  const post = (
    body: Uint8Array,
    headers: Record<string, string> = { 'content-type': 'text/plain' },
  ) =>
    fetch(new URL('v1/profiles', collector.url), {
      method: 'POST',
      body: body as BodyInit,
      headers,
    });
  return { ...collector, close, dataDir, registry, get, post };
}

let batches = 0;
export const batchId = (): string => (++batches).toString(16).padStart(32, 'c');

/** A profile as a device counts it. `shift` moves the ink to one side. */
export function digitsProfile(predictions: number, shift = 0, hour = NOW_HOUR): Profile {
  const counters = createCounters(reference);
  const next = seededRandom(7);
  for (let i = 0; i < predictions; i += 1) {
    counters.observePrediction();
    for (const [f, feature] of reference.features.entries()) {
      if (feature.kind !== 'numeric') continue;
      // Draw from the reference: a bin by its share, then a value in it.
      let at = next() * reference.rows;
      const bin = Math.max(
        0,
        feature.counts.findIndex((count) => (at -= count) < 0),
      );
      const low = feature.edges[bin - 1] ?? feature.min;
      const high = feature.edges[bin] ?? feature.max;
      counters.observeFeature(f, low + next() * (high - low) + (f === 3 ? shift : 0));
    }
    let at = next() * reference.rows;
    const label = Math.max(
      0,
      reference.output!.labelCounts.findIndex((count) => (at -= count) < 0),
    );
    counters.observeOutput(label, 0.995);
    counters.observeLatency('total', 1 + next());
  }
  return counters.snapshot({
    model: 'digits',
    version: '1.0.0',
    reference: id,
    backend: 'wasm',
    browser: 'chromium',
    segment: '',
    sampling: 0,
    privacy: 0,
    group: 1,
    hour,
  });
}

export function upload(profiles: readonly Profile[], sealed = batchId()): Uint8Array {
  const record = encodeBatch({ batchId: sealed, sealedAtMs: Date.now(), lost: {}, profiles });
  return encodeFrame({ sentAtMs: Date.now(), gzip: true, record: gzipSync(record) });
}

export const predictionsOf = async ({ get }: Awaited<ReturnType<typeof start>>): Promise<number> =>
  (await get<ModelsAnswer>('v1/models')).models
    .flatMap(({ versions }) => versions)
    .reduce((sum, { predictions }) => sum + predictions, 0);
