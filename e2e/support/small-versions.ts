import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  changeChannels,
  heldRelease,
  initRegistry,
  pack,
  promote,
  publish,
  temporaryKeys,
} from '@perigee/cli';

const WDBC = fileURLToPath(new URL('../../models/wdbc', import.meta.url));

/** The releases, packed once in a process: packing runs the model. */
const packed = new Map<string, ReturnType<typeof pack>>();

/** A registry with two versions of a small model, `wdbc`. `stable` names the first one. */
export interface SmallVersions {
  readonly folder: string;
  offerNew(): Promise<void>;
  revokeFirst(): Promise<void>;
}

export async function smallVersions(folder: string): Promise<SmallVersions> {
  await mkdir(folder, { recursive: true });
  const publisher = { to: folder, keys: await temporaryKeys() };
  await initRegistry(publisher);
  for (const version of ['1.0.0', '1.1.0'])
    await publish(
      heldRelease(await packOnce(version)),
      publisher,
      version === '1.0.0' ? 'stable' : null,
    );
  return {
    folder,
    async offerNew() {
      await promote(publisher, 'wdbc', '1.1.0', 'stable');
    },
    async revokeFirst() {
      await changeChannels(publisher, 'wdbc', (before) => ({
        ...before,
        revoked: [{ version: '1.0.0', reason: 'wrong units' }],
      }));
    },
  };
}

function packOnce(version: string): ReturnType<typeof pack> {
  const release =
    packed.get(version) ??
    pack(
      {
        name: 'wdbc',
        version,
        model: join(WDBC, 'versions', '1.0.0', 'model.onnx'),
        golden: join(WDBC, 'versions', '1.0.0', 'golden.json'),
        reference: join(WDBC, 'train.csv'),
        exclude: ['diagnosis'],
        pipeline: join(WDBC, 'pipeline.json'),
        labels: join(WDBC, 'labels.json'),
      },
      () => undefined,
    );
  packed.set(version, release);
  return release;
}
