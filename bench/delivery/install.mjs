import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cnn, heavy, mlp } from '../models/generate.mjs';
import { mapValues, medians, megabytes } from '../report/format.mjs';
import { serve } from '../server.mjs';
import { node as runNode } from '../../scripts/steps.mjs';

/** @typedef {import('../runtime/types.d.ts').Context} Context */
/**
 * Bytes above the level before.
 * @typedef {Record<'download' | 'load' | 'after', number>} Memory
 */
/** @typedef {Record<string, Memory>} ByModel */
/** @typedef {{ bytes: number, sides: Record<string, ByModel> }} Figures */

const DEVICE = join(import.meta.dirname, 'install.process.mjs');
const GOAL = 1.3;
const LAYERS = 4;

/**
 * @type {import('../report/types.d.ts').Section<Figures, Pick<Context, 'pick' | 'say'>>}
 */
export const install = {
  name: 'install',
  slow: true,
  title: 'Memory of an install',
  note:
    'Resident memory of a Node process that loads a model of N bytes for the first time ' +
    'into a folder, above its memory with a small model open, sampled every 2 ms, medians. ' +
    `Goal: ≤ ${GOAL} N while it is fetched. "A small one" is the same with a model of 95 KB in ` +
    'place of the large one: the cost of a further worker and its runtime, which does not ' +
    'depend on N.',
  async run({ pick, say }) {
    const folder = mkdtempSync(join(tmpdir(), 'perigee-install-'));
    try {
      const { host, root, bytes } = await publishBoth(folder);
      /** @type {Record<string, Record<string, Memory[]>>} */
      const runs = {};
      for (let round = 0; round < pick(5, 1); round += 1) {
        for (const [name, backend] of [
          ['heavy', 'native'],
          ['other', 'native'],
          ['heavy', 'wasm'],
          ['other', 'wasm'],
        ]) {
          say(`${name} on ${backend}, round ${round + 1}`);
          const { output } = await runNode(DEVICE, [
            `${host.url}registry/`,
            root,
            join(folder, `device-${round}-${name}-${backend}`),
            backend,
            name,
          ]);
          ((runs[backend] ??= {})[name] ??= []).push(
            JSON.parse(output.slice(output.indexOf('{"download"'))),
          );
        }
      }
      host.close();
      return {
        figures: {
          bytes,
          sides: mapValues(runs, (models) => mapValues(models, medians)),
        },
      };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  table({ bytes, sides }) {
    /** @param {number} value */
    const of = (value) => `${(value / bytes).toFixed(2)} N (${megabytes(value)})`;
    const rows = Object.entries(sides).map(([side, { heavy: large, other }]) => [
      side,
      megabytes(bytes),
      `${of(large.download)}${large.download / bytes <= GOAL ? '' : ' ✗'}`,
      megabytes(other.download),
      of(large.download - other.download),
      of(large.load),
      of(large.after),
    ]);
    return [
      [
        'backend',
        'N',
        'peak while fetching',
        'peak of a small one',
        'difference',
        'peak until it is open',
        'once it is open',
      ],
      ...rows,
    ];
  },
};

/**
 * A small model, another small one and a large one of N bytes on a host, and beside it as files.
 * @param {string} folder
 */
export async function publishBoth(folder) {
  const { heldRelease, initRegistry, pack, publish, temporaryKeys } = await import('@perigee/cli');
  const publisher = { to: join(folder, 'registry'), keys: await temporaryKeys() };
  mkdirSync(folder, { recursive: true });
  await initRegistry(publisher);
  const models = { small: mlp().bytes, other: cnn().bytes, heavy: heavy(LAYERS).bytes };
  for (const [name, bytes] of Object.entries(models)) {
    const file = join(folder, `${name}.onnx`);
    writeFileSync(file, bytes);
    await publish(
      heldRelease(
        await pack({ model: file, name, version: '1.0.0', goldenCount: 1 }, () => undefined),
      ),
      publisher,
      'stable',
    );
  }
  return {
    host: await serve([
      ['/registry/', publisher.to],
      ['/', folder],
    ]),
    root: join(publisher.to, 'metadata', '1.root.json'),
    bytes: models.heavy.length,
  };
}
