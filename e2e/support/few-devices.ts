import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { startCollector } from '@perigee/collector';
import {
  createCounters,
  encodeBatch,
  encodeFrame,
  parseReference,
  referenceId,
} from '@perigee/profile';
import { seededRandom } from '@perigee/profile/analysis';
import { REGISTRY } from './paths.ts';

/** The counts of a device for a version of digits in the current hour. */
export interface Device {
  readonly version: '1.0.0' | '1.1.0';
  readonly group: number;
  readonly sessions: number;
  readonly predictions: number;
  /** Labels that come back, and how many of them are right. */
  readonly labelled?: number;
  readonly right?: number;
}

/** A collector with an hour of these devices, without a monitor. */
export async function openCollectorOf(
  devices: readonly Device[],
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'perigee-few-devices-'));
  const { url, close } = await startCollector({
    port: 0,
    dataDir,
    registry: REGISTRY,
    everyMs: 0,
    minDevices: 1,
  });
  for (const [i, device] of devices.entries()) await send(url, device, i);
  return {
    url,
    async close() {
      await close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function send(url: string, device: Device, index: number): Promise<void> {
  const path = `../../models/digits/versions/${device.version}/reference.json`;
  const bytes = new Uint8Array(await readFile(fileURLToPath(new URL(path, import.meta.url))));
  const reference = parseReference(bytes);
  const random = seededRandom(index + 1);
  const counters = createCounters(reference);
  for (let i = 0; i < device.sessions; i += 1) counters.observeSession();
  counters.observeGolden(true);
  for (let i = 0; i < device.predictions; i += 1) {
    counters.observePrediction();
    for (const [f, feature] of reference.features.entries())
      if (feature.kind === 'numeric')
        counters.observeFeature(f, feature.min + random() * (feature.max - feature.min));
    counters.observeOutput(i % 10, 0.99);
    counters.observeLatency('total', 3.97);
  }
  const { labelled = 0, right = labelled } = device;
  for (let i = 0; i < labelled; i += 1)
    counters.observeGroundTruth(i % 10, i < right ? i % 10 : (i + 1) % 10);
  const profile = counters.snapshot({
    model: 'digits',
    version: device.version,
    reference: await referenceId(bytes),
    backend: 'wasm',
    browser: 'chromium',
    segment: '',
    sampling: 0,
    privacy: 0,
    group: device.group,
    hour: Math.floor(Date.now() / 3_600_000),
  });
  const batchId = index.toString(16).padStart(32, '0');
  const record = encodeBatch({ batchId, sealedAtMs: Date.now(), lost: {}, profiles: [profile] });
  const answer = await fetch(new URL('v1/profiles', url), {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: encodeFrame({ sentAtMs: Date.now(), gzip: true, record: gzipSync(record) }) as BodyInit,
  });
  if (answer.status !== 202) throw new Error(await answer.text());
}
