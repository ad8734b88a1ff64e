import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startCollector } from '@perigee/collector';
import type { AuditAnswer, CompareAnswer } from '@perigee/collector';
import {
  createCounters,
  encodeBatch,
  encodeFrame,
  parseReference,
  referenceId,
} from '@perigee/profile';
import type { Profile } from '@perigee/profile';
import { layout, resolveChannelFile } from '@perigee/registry';
import { seededRandom } from '@perigee/profile/analysis';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { temporaryKeys } from '../keys/keys.ts';
import { pack } from '../pack/pack.ts';
import { changeChannels } from '../publish/channels.ts';
import { openDestination } from '../publish/destination.ts';
import { publish } from '../publish/publish.ts';
import { initRegistry, openRegistry, readChannels } from '../publish/registry.ts';
import type { Publisher } from '../publish/registry.ts';
import { heldRelease, readRelease, writeRelease } from '../publish/release-folder.ts';
import { collectorClient } from './collector-client.ts';
import { guardOnce } from './guard.ts';

const MODELS = join(dirname(fileURLToPath(import.meta.url)), '../../../../models');
const KEY = 'an admin key that nobody guesses';
const HOUR = Math.floor(Date.now() / 3_600_000);

let folder = '';
let publisher: Publisher;
let referenceBytes: Uint8Array;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-guard-'));
  publisher = { to: join(folder, 'published'), keys: await temporaryKeys() };
  await initRegistry(publisher);
  for (const version of ['1.0.0', '1.1.0']) {
    const release = await pack(
      {
        model: join(MODELS, 'wdbc/versions/1.0.0/model.onnx'),
        name: 'wdbc',
        version,
        goldenCount: 1,
        reference: join(MODELS, 'wdbc/train.csv'),
        pipeline: join(MODELS, 'wdbc/pipeline.json'),
        labels: 'malignant,benign',
      },
      () => undefined,
    );
    referenceBytes = release.objects.get(layout.blob(release.manifest.reference!.sha256))!;
    await writeRelease(join(folder, 'releases'), release);
    await publish(
      await readRelease(join(folder, 'releases'), 'wdbc', version),
      publisher,
      version === '1.0.0' ? 'canary' : null,
    );
  }
});
/** Each test begins with the registry as it was published. */
beforeEach(async () => {
  const to = await mkdtemp(join(folder, 'registry-'));
  await cp(join(folder, 'published'), to, { recursive: true });
  publisher = { ...publisher, to };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Behaviour {
  readonly failed: number;
  readonly goldenFailed: number;
  readonly ms: number;
}
const GOOD: Behaviour = { failed: 0.01, goldenFailed: 0, ms: 20 };

/** The profile of a device that opened the version in the last hours. */
function device(
  index: number,
  version: string,
  { failed, goldenFailed, ms }: Behaviour,
  reference: string,
  next: () => number,
): Profile {
  const counters = createCounters(parseReference(referenceBytes));
  counters.observeSession();
  if (next() < 0.5) counters.observeGolden(next() >= goldenFailed);
  for (let i = 0; i < 10; i += 1) {
    counters.observePrediction();
    counters.observeLatency('total', ms * Math.exp(0.4 * (next() + next() + next() - 1.5)));
  }
  if (next() < failed) counters.observeError('INFERENCE_FAILED');
  return counters.snapshot({
    model: 'wdbc',
    version,
    reference,
    backend: 'wasm',
    browser: 'chromium',
    segment: '',
    sampling: 0,
    privacy: 0,
    group: index % 16,
    hour: HOUR - (index % 3),
  });
}

/** A canary at 50 %, and a fleet with this behaviour. */
async function rollOut(
  behaviour: Behaviour,
  devices = 600,
  startAt?: string,
): Promise<{ url: string; audit(): Promise<AuditAnswer> }> {
  await changeChannels(publisher, 'wdbc', ({ channels }) => ({
    channels: {
      ...channels,
      canary: {
        version: '1.0.0',
        rollout: {
          version: '1.1.0',
          permyriad: 5_000,
          salt: 'a',
          ...(startAt !== undefined && { startAt }),
        },
      },
    },
  }));
  const collector = await startCollector({
    port: 0,
    dataDir: await mkdtemp(join(folder, 'data-')),
    registry: publisher.to,
    adminKey: KEY,
    uploadsPerMinute: 1e6,
  });
  onTestFinished(() => collector.close());
  const [next, reference] = [seededRandom(7), await referenceId(referenceBytes)];
  const profiles = Array.from({ length: devices }, (_, i) =>
    device(
      i >> 1,
      i % 2 === 0 ? '1.0.0' : '1.1.0',
      i % 2 === 0 ? GOOD : behaviour,
      reference,
      next,
    ),
  );
  await Promise.all(
    profiles.map(async (profile) => {
      const batchId = crypto.randomUUID().replaceAll('-', '');
      const record = encodeBatch({
        batchId,
        sealedAtMs: Date.now(),
        lost: {},
        profiles: [profile],
      });
      const { status } = await fetch(new URL('v1/profiles', collector.url), {
        method: 'POST',
        headers: { 'content-type': 'text/plain' },
        body: encodeFrame({ sentAtMs: Date.now(), gzip: false, record }),
      });
      expect(status).toBe(202);
    }),
  );
  return {
    url: collector.url,
    audit: async () =>
      (await (
        await fetch(new URL('v1/audit', collector.url), {
          headers: { authorization: `Bearer ${KEY}` },
        })
      ).json()) as AuditAnswer,
  };
}

async function canary() {
  return readChannels(await openRegistry(openDestination(publisher.to)), 'wdbc');
}

test.each([
  ['gives wrong numbers', { ...GOOD, goldenFailed: 0.6, failed: 0.3 }, /golden failures/],
  ['is slow', { ...GOOD, ms: 60 }, /latency: .*\sms against .*\sms.*in both halves/],
  ['fails', { ...GOOD, failed: 0.25 }, /failed sessions: .*\s% against .*\s%.*in both halves/],
])(
  'a canary that %s is rolled back and forbidden, and the audit log has the decision',
  async (_what, behaviour, reason) => {
    const { url, audit } = await rollOut(behaviour);
    const options = {
      publisher,
      collector: collectorClient(url, KEY),
      action: 'rollback',
      dryRun: false,
    } as const;
    const [report] = await guardOnce(options);
    expect(report).toMatchObject({
      model: 'wdbc',
      channel: 'canary',
      champion: '1.0.0',
      challenger: '1.1.0',
      percent: 50,
      outcome: 'acted',
    });
    expect(report!.reasons.join('; ')).toMatch(reason);
    expect(await canary()).toMatchObject({
      channels: { canary: { version: '1.0.0' } },
      revoked: [{ version: '1.1.0' }],
    });
    expect((await canary())?.channels['canary']?.rollout).toBeUndefined();
    const [entry] = (await audit()).entries.filter(({ actor }) => actor === 'guard');
    expect(entry).toMatchObject({ action: 'rollback', model: 'wdbc', version: '1.1.0' });
    expect((entry!.evidence as CompareAnswer).metrics.some(({ alarm }) => alarm)).toBe(true);
    expect(await guardOnce(options)).toEqual([]);
  },
);

test('what a version did before its rollout began is not judged', async () => {
  const { url } = await rollOut(
    { ...GOOD, failed: 0.25 },
    600,
    new Date(Date.now() + 3_600_000).toISOString(),
  );
  expect(
    await guardOnce({
      publisher,
      collector: collectorClient(url, KEY),
      action: 'rollback',
      dryRun: true,
    }),
  ).toMatchObject([{ outcome: 'waiting' }]);
});

test('a canary that is as good as the champion is left alone', async () => {
  const { url, audit } = await rollOut(GOOD);
  expect(
    await guardOnce({
      publisher,
      collector: collectorClient(url, KEY),
      action: 'rollback',
      dryRun: false,
    }),
  ).toMatchObject([{ outcome: 'no-harm-seen' }]);
  expect((await canary())?.channels['canary']?.rollout?.version).toBe('1.1.0');
  expect((await audit()).entries.filter(({ actor }) => actor === 'guard')).toEqual([]);
});

test('one half of a fleet that lies is not enough', async () => {
  await rollOut(GOOD, 4);
  const { url } = await rollOut(GOOD);
  const [next, reference] = [seededRandom(3), await referenceId(referenceBytes)];
  for (let i = 0; i < 300; i += 1) {
    const profile = device(i % 8, '1.1.0', { ...GOOD, failed: 1 }, reference, next);
    const record = encodeBatch({
      batchId: crypto.randomUUID().replaceAll('-', ''),
      sealedAtMs: Date.now(),
      lost: {},
      profiles: [profile],
    });
    await fetch(new URL('v1/profiles', url), {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: encodeFrame({ sentAtMs: Date.now(), gzip: false, record }),
    });
  }
  expect(
    await guardOnce({
      publisher,
      collector: collectorClient(url, KEY),
      action: 'rollback',
      dryRun: false,
    }),
  ).toMatchObject([{ outcome: 'no-harm-seen' }]);
});

test('a halt leaves the version free, a dry run changes nothing, and a missing key is reported', async () => {
  const { url } = await rollOut({ ...GOOD, failed: 0.4 });
  expect(
    await guardOnce({
      publisher,
      collector: collectorClient(url, undefined),
      action: 'halt',
      dryRun: true,
    }),
  ).toMatchObject([
    {
      outcome: 'failed',
      reasons: [expect.stringContaining('Give its admin key in PERIGEE_COLLECTOR_KEY')],
    },
  ]);
  expect(
    await guardOnce({
      publisher,
      collector: collectorClient(url, KEY),
      action: 'halt',
      dryRun: true,
    }),
  ).toMatchObject([{ outcome: 'would-act' }]);
  expect((await canary())?.channels['canary']?.rollout?.permyriad).toBe(5_000);
  expect(
    await guardOnce({
      publisher,
      collector: collectorClient(url, KEY),
      action: 'halt',
      dryRun: false,
    }),
  ).toMatchObject([{ outcome: 'acted' }]);
  expect((await canary())?.channels['canary']?.rollout).toBeUndefined();
  expect((await canary())?.revoked ?? []).toEqual([]);
});

test('faults of some models do not keep the guard from the others', async () => {
  const { url } = await rollOut({ ...GOOD, failed: 0.4 });
  const collector = collectorClient(url, KEY);
  for (const name of ['alike', 'lost']) {
    await publish(
      heldRelease(
        await pack(
          {
            model: join(MODELS, 'wdbc/versions/1.0.0/model.onnx'),
            name,
            version: '1.0.0',
            goldenCount: 1,
          },
          () => undefined,
        ),
      ),
      publisher,
      'canary',
    );
  }
  // Older commands wrote channels in this form.
  await changeChannels(publisher, 'alike', ({ channels }) => ({
    channels: {
      ...channels,
      canary: { version: '1.0.0', rollout: { version: '1.0.0', permyriad: 500, salt: 'a' } },
    },
  }));
  const { state } = await openRegistry(openDestination(publisher.to));
  await rm(join(publisher.to, resolveChannelFile(state, 'lost').path));
  const reports = await guardOnce({ publisher, collector, action: 'halt', dryRun: false });
  expect(Object.fromEntries(reports.map(({ model, outcome }) => [model, outcome]))).toEqual({
    alike: 'failed',
    lost: 'failed',
    wdbc: 'acted',
  });
  expect(reports.find(({ model }) => model === 'lost')).toEqual({
    model: 'lost',
    outcome: 'failed',
    reasons: [expect.stringContaining('lost')],
  });
  expect(reports.find(({ model }) => model === 'alike')?.reasons.join('')).toContain(
    '--percent 0 --channel canary',
  );
  expect((await canary())?.channels['canary']?.rollout).toBeUndefined();
});
