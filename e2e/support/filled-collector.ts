import { startCollector } from '@perigee/collector';
import type { Collector } from '@perigee/collector';
import { parseRules } from '@perigee/collector';
import {
  createCounters,
  encodeBatch,
  encodeFrame,
  parseReference,
  referenceId,
} from '@perigee/profile';
import type { Profile, ReferenceProfile } from '@perigee/profile';
import { seededRandom } from '@perigee/profile/analysis';
import type { Browser, BrowserContext } from '@playwright/test';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { REGISTRY } from './paths.ts';

export const ADMIN_KEY = 'the admin key of the journeys';
const GROUPS = 16;
const HOURS = 24;
/** In these last hours pictures from WebGPU devices have too little contrast. */
const BAD_HOURS = 6;
/** Hours of one upload, which has to stay below the limit of its size. */
const HOURS_OF_A_BATCH = 6;
const PREDICTIONS = 24;
const VERSIONS = ['1.0.0', '1.1.0'];

export interface FilledCollector {
  readonly url: string;
  /** A browser that is signed in. */
  readonly context: BrowserContext;
  stop(): Promise<void>;
  close(): Promise<void>;
}

/** A collector with a day of two versions of digits, of which alerts are open. */
export async function openFilledCollector(browser: Browser): Promise<FilledCollector> {
  const dataDir = await mkdtemp(join(tmpdir(), 'perigee-dashboard-'));
  const collector = await startCollector({
    port: 0,
    dataDir,
    registry: REGISTRY,
    adminKey: ADMIN_KEY,
    everyMs: 1_000,
    minDevices: 10,
    uploadsPerMinute: Number.POSITIVE_INFINITY,
    rules: parseRules('{"schema":"perigee-alerts/1","forWindows":{"holds":1,"of":1}}'),
  });
  await fill(collector);
  const context = await browser.newContext();
  await context.request.post(`${collector.url}v1/session`, {
    headers: { 'content-type': 'text/plain' },
    data: ADMIN_KEY,
  });
  let isRunning = true;
  const stop = async (): Promise<void> => {
    if (isRunning) await collector.close();
    isRunning = false;
  };
  return {
    url: collector.url,
    context,
    stop,
    async close() {
      await context.close();
      await stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function fill({ url }: Collector): Promise<void> {
  const references = await Promise.all(VERSIONS.map(readReference));
  const now = Math.floor(Date.now() / 3_600_000);
  let batches = 0;
  for (let group = 0; group < GROUPS; group += 1) {
    for (let first = now - HOURS + 1; first <= now; first += HOURS_OF_A_BATCH) {
      const hours = Array.from({ length: HOURS_OF_A_BATCH }, (_, i) => first + i);
      const profiles = hours
        .filter((hour) => hour <= now)
        .flatMap((hour) =>
          references.flatMap((of) =>
            ['wasm', 'webgpu'].map((backend) =>
              profileOf(of, { backend, group, hour, isBad: hour > now - BAD_HOURS }),
            ),
          ),
        );
      const batchId = (batches += 1).toString(16).padStart(32, 'd');
      const record = encodeBatch({ batchId, sealedAtMs: Date.now(), lost: {}, profiles });
      const body = encodeFrame({ sentAtMs: Date.now(), gzip: true, record: gzipSync(record) });
      const answer = await fetch(new URL('v1/profiles', url), {
        method: 'POST',
        headers: { 'content-type': 'text/plain' },
        body: body as BodyInit,
      });
      if (answer.status !== 202) throw new Error(await answer.text());
    }
  }
}

interface Reference {
  readonly version: string;
  readonly id: string;
  readonly profile: ReferenceProfile;
}

async function readReference(version: string): Promise<Reference> {
  const path = new URL(`../../models/digits/versions/${version}/reference.json`, import.meta.url);
  const bytes = new Uint8Array(await readFile(fileURLToPath(path)));
  return { version, id: await referenceId(bytes), profile: parseReference(bytes) };
}

/** An hour of a device whose inputs are drawn from the reference. */
function profileOf(
  { version, id, profile }: Reference,
  {
    backend,
    group,
    hour,
    isBad,
  }: {
    readonly backend: string;
    readonly group: number;
    readonly hour: number;
    readonly isBad: boolean;
  },
): Profile {
  const random = seededRandom(hour * GROUPS + group + (backend === 'wasm' ? 0 : 1_000_003));
  const counters = createCounters(profile);
  const labels = profile.output?.labelCounts.length ?? 1;
  counters.observeSession();
  counters.observeGolden(true);
  for (let i = 0; i < PREDICTIONS; i += 1) {
    counters.observePrediction();
    for (const [f, feature] of profile.features.entries()) {
      if (feature.kind !== 'numeric') continue;
      let at = random() * feature.counts.reduce((sum, count) => sum + count, 0);
      const bin = feature.counts.findIndex((count) => (at -= count) < 0);
      const low = feature.edges[bin - 1] ?? feature.min;
      const high = feature.edges[bin] ?? feature.max;
      const value = low + random() * (high - low);
      counters.observeFeature(f, isBad && backend === 'webgpu' && f < 2 ? value * 0.5 : value);
    }
    const label = Math.floor(random() * labels);
    counters.observeOutput(label, 0.99);
    if (i < 4) counters.observeGroundTruth(label, random() < 0.95 ? label : (label + 1) % labels);
    counters.observeLatency('total', 3 + random());
  }
  return counters.snapshot({
    model: 'digits',
    version,
    reference: id,
    backend,
    browser: group % 2 === 0 ? 'chromium' : 'webkit',
    segment: '',
    sampling: 0,
    privacy: 0,
    group,
    hour,
  });
}
