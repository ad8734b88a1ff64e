import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startCollector } from '@perigee/collector';
import { layout, parseGolden, sha256Hex } from '@perigee/registry';
import { createPerigee } from 'perigee';
import type { PerigeeError } from 'perigee';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFileSystemStore } from '../../../core/src/store/file-system.ts';
import { temporaryKeys } from '../keys/keys.ts';
import { pack } from '../pack/pack.ts';
import type { PackedRelease } from '../pack/packed-release.ts';
import { changeChannels } from '../publish/channels.ts';
import { publish } from '../publish/publish.ts';
import { initRegistry } from '../publish/registry.ts';
import type { Publisher } from '../publish/registry.ts';
import { heldRelease } from '../publish/release-folder.ts';
import { collectorClient } from './collector-client.ts';
import { guardOnce } from './guard.ts';

const MODELS = join(dirname(fileURLToPath(import.meta.url)), '../../../../models');
const DEVICES = 20;
/** Devices at the same time; each has two workers. */
const AT_ONCE = 4;
const ROW = Array.from({ length: 30 }, (_, i) => i);

let folder = '';
let publisher: Publisher;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-fleet-'));
  publisher = { to: join(folder, 'registry'), keys: await temporaryKeys() };
  await initRegistry(publisher);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/**
 * Sets the group of a device. Devices draw it at random, and all draws might be in one half of the
 * fleet.
 */
async function setGroup(device: number): Promise<void> {
  const store = createFileSystemStore(join(folder, `device-${device}`));
  await store.putValue('telemetry:group', device % 16);
  await store.close();
}

async function release(version: string): Promise<PackedRelease> {
  return pack(
    {
      model: join(MODELS, 'wdbc/versions/1.0.0/model.onnx'),
      name: 'wdbc',
      version,
      goldenCount: 2,
      reference: join(MODELS, 'wdbc/train.csv'),
      pipeline: join(MODELS, 'wdbc/pipeline.json'),
      labels: 'malignant,benign',
    },
    () => undefined,
  );
}

/**
 * Changes the golden samples so that packing succeeds and every device fails, as with a kernel that
 * only devices have.
 */
async function wrongOnDevices(packed: PackedRelease): Promise<PackedRelease> {
  const golden = parseGolden(packed.objects.get(layout.blob(packed.manifest.golden!.sha256))!);
  const samples = golden.samples.map((sample) => ({
    ...sample,
    outputs: Object.fromEntries(
      Object.entries(sample.outputs).map(([name, tensor]) => [
        name,
        { ...tensor, data: tensor.data.map((value) => Number(value) + 1) },
      ]),
    ),
  }));
  const bytes = new TextEncoder().encode(JSON.stringify({ ...golden, samples }));
  const sha256 = await sha256Hex(bytes);
  const manifest = {
    ...packed.manifest,
    golden: { ...packed.manifest.golden!, sha256, sizeBytes: bytes.byteLength },
  };
  return {
    ...packed,
    manifest,
    manifestBytes: new TextEncoder().encode(JSON.stringify(manifest)),
    objects: new Map([...packed.objects, [layout.blob(sha256), bytes]]),
  };
}

/**
 * One visit of a device: it opens its newest version, makes some predictions and sends its counts.
 */
async function visit(
  device: number,
  collectorUrl: string,
): Promise<{ version: string; errors: string[] }> {
  const perigee = createPerigee({
    registry: publisher.to,
    installId: `device-${device}`,
    store: { folder: join(folder, `device-${device}`) },
    telemetry: { url: collectorUrl },
  });
  const errors: string[] = [];
  perigee.on('error', ({ error }: { error: PerigeeError }) => errors.push(error.code));
  try {
    const model = await perigee.load('wdbc@canary', { update: 'latest', backend: 'cpu' });
    for (let i = 0; i < 3; i += 1) await model.predict(ROW);
    await perigee.telemetry.flush();
    return { version: model.version, errors };
  } finally {
    await perigee.dispose();
  }
}

async function visitAll(collectorUrl: string): Promise<{ version: string; errors: string[] }[]> {
  const visits: { version: string; errors: string[] }[] = [];
  for (let first = 0; first < DEVICES; first += AT_ONCE)
    visits.push(
      ...(await Promise.all(
        Array.from({ length: AT_ONCE }, (_, i) => visit(first + i, collectorUrl)),
      )),
    );
  return visits;
}

test('the guard rolls back a canary that real devices refused; they are offered the old version', async () => {
  const collector = await startCollector({
    port: 0,
    dataDir: join(folder, 'collector'),
    registry: publisher.to,
    everyMs: 0,
  });
  try {
    await publish(heldRelease(await release('1.0.0')), publisher, 'canary');
    await publish(heldRelease(await wrongOnDevices(await release('1.1.0'))), publisher, null);
    for (let device = 0; device < DEVICES; device += 1) await setGroup(device);
    expect(new Set((await visitAll(collector.url)).map(({ version }) => version))).toEqual(
      new Set(['1.0.0']),
    );

    await changeChannels(publisher, 'wdbc', ({ channels }) => ({
      channels: {
        ...channels,
        canary: { version: '1.0.0', rollout: { version: '1.1.0', permyriad: 9_000, salt: 'a' } },
      },
    }));
    const during = await visitAll(collector.url);
    // The canary answered nobody: each device that was offered it tried it, refused it, and kept
    // its version.
    expect(new Set(during.map(({ version }) => version))).toEqual(new Set(['1.0.0']));
    const refused = during.filter(({ errors }) => errors.includes('GOLDEN_MISMATCH')).length;
    expect(refused).toBeGreaterThan(DEVICES / 2);

    const guard = {
      publisher,
      collector: collectorClient(collector.url, undefined),
      action: 'rollback',
      dryRun: false,
    } as const;
    const [report] = await guardOnce(guard);
    expect(report).toMatchObject({ challenger: '1.1.0', outcome: 'acted' });
    expect(report!.reasons.join()).toMatch(/failed sessions: 100\s% .*in both halves of the fleet/);
    expect(await guardOnce(guard)).toEqual([]);
    const after = await Promise.all([0, 1, 2, 3].map((device) => visit(device, collector.url)));
    expect(after).toEqual(after.map(() => ({ version: '1.0.0', errors: [] })));
  } finally {
    await collector.close();
  }
}, 300_000);
