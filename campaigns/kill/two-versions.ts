import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { heldRelease, initRegistry, pack, promote, publish, temporaryKeys } from '@perigee/cli';
import type { Publisher } from '@perigee/cli';

const DIGITS = fileURLToPath(new URL('../../models/digits', import.meta.url));

/** A registry with two versions of one model. `stable` names the first version until `offerNew`. */
export interface TwoVersions {
  readonly folder: string;
  offerNew(): Promise<void>;
  /** Lets `stable` name the first version again. */
  takeBack(): Promise<void>;
}

export async function makeRegistry(folder: string): Promise<TwoVersions> {
  await mkdir(folder, { recursive: true });
  const publisher: Publisher = { to: folder, keys: await temporaryKeys() };
  await initRegistry(publisher);
  for (const version of ['1.0.0', '1.1.0']) {
    const release = await pack(
      {
        model: join(DIGITS, 'versions', version, 'model.onnx'),
        golden: join(DIGITS, 'versions', version, 'golden.json'),
        name: 'digits',
        version,
      },
      () => undefined,
    );
    await publish(heldRelease(release), publisher, version === '1.0.0' ? 'stable' : null);
  }
  // A channel goes back to a version that it left only if this is explicit.
  const point = async (version: string): Promise<void> => {
    await promote(publisher, 'digits', version, 'stable', { force: true });
  };
  return { folder, offerNew: () => point('1.1.0'), takeBack: () => point('1.0.0') };
}
