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
import type { Keys } from '@perigee/cli';

const WDBC = fileURLToPath(new URL('../../models/wdbc', import.meta.url));

/** The releases, packed once in a process: packing runs the model. */
const packed = new Map<string, ReturnType<typeof pack>>();

/** A registry with two versions of a small model, `wdbc`. `stable` names the first one. */
export interface SmallVersions {
  readonly folder: string;
  offerNew(): Promise<void>;
  revokeFirst(): Promise<void>;
}

interface Options {
  /** Default: keys of this process. */
  readonly keys?: Keys;
  /** Whether the versions have a reference, against which devices count. Default true. */
  readonly reference?: boolean;
}

export async function smallVersions(
  folder: string,
  { keys, reference = true }: Options = {},
): Promise<SmallVersions> {
  await mkdir(folder, { recursive: true });
  const publisher = { to: folder, keys: keys ?? (await temporaryKeys()) };
  await initRegistry(publisher);
  for (const version of ['1.0.0', '1.1.0'])
    await publish(
      heldRelease(await packOnce(version, reference)),
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

function packOnce(version: string, reference: boolean): ReturnType<typeof pack> {
  const id = `${version} ${reference}`;
  const release =
    packed.get(id) ??
    pack(
      {
        name: 'wdbc',
        version,
        model: join(WDBC, 'versions', '1.0.0', 'model.onnx'),
        golden: join(WDBC, 'versions', '1.0.0', 'golden.json'),
        ...(reference && { reference: join(WDBC, 'train.csv'), exclude: ['diagnosis'] }),
        pipeline: join(WDBC, 'pipeline.json'),
        labels: join(WDBC, 'labels.json'),
      },
      () => undefined,
    );
  packed.set(id, release);
  return release;
}
