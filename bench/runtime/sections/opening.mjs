import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { peakOfLaterVisit } from '../browser.mjs';
import { f, mapValues, medians, megabytes } from '../../report/format.mjs';
import { shuffle } from '../../report/shuffle.mjs';
import { node as runNode } from '../../../scripts/steps.mjs';
import { publishBoth } from '../../delivery/install.mjs';
import { weightsApart } from '../prepare/models.mjs';

/** @typedef {import('../types.d.ts').Context} Context */
/** @typedef {{ peak: number, openMs: number, after?: number }} Opening */
/** @typedef {{ bytes: number, large: Opening, small: Opening }} SideFigures */
/** @typedef {Record<string, Record<'large' | 'small', Opening[]>>} Runs */
/** @typedef {(side: string, name: 'large' | 'small', figures: Opening) => void} Add */

/**
 * @typedef {object} PageOptions
 * @property {string} executablePath
 * @property {Context['servers']} servers
 * @property {number} rounds
 * @property {Add} add
 * @property {import('../../report/types.d.ts').Say} say
 */

const DEVICE = join(import.meta.dirname, '..', 'node', 'opening.mjs');
/** @param {string} side */
const limitOf = (side) => (side.includes('native') ? 2 : 1.5);
/** @type {readonly { size: 'large' | 'small', model: string }[]} */
const SIZES = [
  { size: 'large', model: 'minilm' },
  { size: 'small', model: 'mlp' },
];
const NODE = [
  'raw native',
  'raw native, from its path',
  'raw native, weights beside it',
  'perigee native',
  'raw wasm',
  'raw wasm, weights one by one',
  'perigee wasm',
];
/**
 * Raw: a hand-written worker with the model as one ArrayBuffer in IndexedDB, or with its weights in
 * a file of OPFS, read one by one. perigee: by name.
 * @type {Readonly<Record<string, string>>}
 */
const PAGES = {
  'Chromium, raw wasm': 'stored',
  'Chromium, raw wasm, weights one by one': 'stored-apart',
  'Chromium, perigee wasm': 'registered',
};

/** @type {import('../../report/types.d.ts').Section<Record<string, SideFigures>, Context>} */
export const opening = {
  name: 'opening',
  slow: true,
  title: 'Memory of opening a stored model',
  note:
    'The highest resident memory while a model of N bytes is read and its session made, ' +
    'above the level before; every side in its own process, in turns, medians. "A small ' +
    'one" is the same with a model of next to nothing: the cost of a further worker and its ' +
    'runtime, which does not depend on N. V8 compiles 14 MB of wasm, and optimises more of ' +
    'it the more time it has. Raw: one hand-written worker that reads a file and makes a ' +
    "session. In Chromium: the page's process in a new browser on a profile that has the " +
    'model, after a visit that stayed 2.5 s, so that Chromium has kept its compiled wasm. ' +
    'Weights beside it, one by one: large weights are a file of their own, which the native ' +
    'runtime maps, and of which wasm gets one weight at a time. Goal for the difference: ≤ 2 N ' +
    'natively, else ≤ 1.5 N.',
  async run({ executablePath, servers, pick, say }) {
    /** @type {Runs} */
    const runs = {};
    /**
     * @param {string} side
     * @param {'large' | 'small'} name
     * @param {Opening} figures
     */
    const add = (side, name, figures) =>
      (runs[side] ??= { large: [], small: [] })[name].push(figures);
    const rounds = pick(5, 1);
    const inNode = await measureInNode(rounds, add, say);
    const inPage = await measureInPage({ executablePath, servers, rounds, add, say });
    const sizes = Object.fromEntries([
      ...NODE.map((side) => [side, inNode]),
      ...Object.keys(PAGES).map((side) => [side, inPage]),
    ]);
    return {
      figures: mapValues(runs, ({ large, small }, side) => ({
        bytes: sizes[side],
        large: medians(large),
        small: medians(small),
      })),
    };
  },
  table(figures) {
    const rows = Object.entries(figures).map(([side, { bytes, large, small }]) => {
      /** @param {number} value */
      const of = (value) =>
        Number.isFinite(value) ? `${(value / bytes).toFixed(2)} N (${megabytes(value)})` : '–';
      const own = large.peak - small.peak;
      return [
        side,
        megabytes(bytes),
        of(large.peak),
        megabytes(small.peak),
        `${of(own)}${own / bytes <= limitOf(side) ? '' : ' ✗'}`,
        of((large.after ?? NaN) - (small.after ?? NaN)),
        f(large.openMs),
      ];
    });
    return [
      [
        'side',
        'N',
        'peak while opening',
        'peak of a small one',
        'difference',
        'difference once it is open',
        'ms',
      ],
      ...rows,
    ];
  },
};

/**
 * @param {number} rounds
 * @param {Add} add
 * @param {import('../../report/types.d.ts').Say} say
 */
async function measureInNode(rounds, add, say) {
  const folder = mkdtempSync(join(tmpdir(), 'perigee-opening-'));
  try {
    const { host, root, bytes } = await publishBoth(folder);
    const store = join(folder, 'device');
    for (const name of ['small', 'other', 'heavy'])
      await weightsApart(join(folder, `${name}.onnx`), join(folder, `${name}-apart.onnx`));
    /**
     * @param {string} side
     * @param {string} name
     * @returns {Promise<Opening>}
     */
    const open = async (side, name) => {
      const { output } = await runNode(DEVICE, [
        side,
        name,
        folder,
        store,
        `${host.url}registry/`,
        root,
      ]);
      return JSON.parse(output.slice(output.indexOf('{"peak"')));
    };
    // The first load is not measured.
    for (const name of ['heavy', 'other']) await open('perigee wasm', name);
    for (let round = 0; round < rounds; round += 1) {
      for (const side of shuffle(NODE)) {
        say(`${side}, round ${round + 1}`);
        add(side, 'large', await open(side, 'heavy'));
        add(side, 'small', await open(side, 'other'));
      }
    }
    host.close();
    return bytes;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {PageOptions} options */
async function measureInPage({ executablePath, servers, rounds, add, say }) {
  for (let round = 0; round < rounds; round += 1) {
    for (const [title, side] of shuffle(Object.entries(PAGES))) {
      say(`${title}, round ${round + 1}`);
      for (const { size, model } of SIZES) {
        const { peak, openMs, scriptMs } = await peakOfLaterVisit(executablePath, servers.plain, {
          side,
          model,
        });
        add(title, size, { peak, openMs: openMs - scriptMs });
      }
    }
  }
  const response = await fetch(`${servers.plain.url}models/minilm.onnx`);
  return (await response.arrayBuffer()).byteLength;
}
