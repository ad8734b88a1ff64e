// A registry with two versions of one model. `stable` names the first version until `offerNew`.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { heldRelease, initRegistry, pack, promote, publish, temporaryKeys } from '@perigee/cli';

const DIGITS = fileURLToPath(new URL('../../models/digits/versions', import.meta.url));

/**
 * The release of each version, packed once in a process: packing runs the model.
 * @type {Map<string, ReturnType<typeof pack>>}
 */
const packed = new Map();

/**
 * Makes the registry in a folder, with keys of its own.
 * @param {string} folder
 */
export async function makeRegistry(folder) {
  await mkdir(folder, { recursive: true });
  const publisher = { to: folder, keys: await temporaryKeys() };
  await initRegistry(publisher);
  for (const version of ['1.0.0', '1.1.0']) {
    const release = await packOnce(version);
    await publish(heldRelease(release), publisher, version === '1.0.0' ? 'stable' : null);
  }
  /**
   * @param {string} version
   * @param {boolean} force needed to go back to a version that the channel left
   */
  const point = async (version, force) => {
    await promote(publisher, 'digits', version, 'stable', { force });
  };
  return {
    folder,
    offerNew: () => point('1.1.0', false),
    /** Lets `stable` name the first version again. */
    takeBack: () => point('1.0.0', true),
  };
}

/** @param {string} version */
function packOnce(version) {
  const known = packed.get(version);
  if (known) return known;
  const model = join(DIGITS, version, 'model.onnx');
  const golden = join(DIGITS, version, 'golden.json');
  const release = pack({ model, golden, name: 'digits', version }, () => undefined);
  packed.set(version, release);
  return release;
}
