import { launch, openLab, pagesResident } from '../browser.mjs';
import { MODELS } from '../../models/catalog.mjs';
import { firstLineOf, mapValues, median, megabytes, ratio } from '../../report/format.mjs';
import { shuffle } from '../../report/shuffle.mjs';

/** @typedef {import('../types.d.ts').Context} Context */
/** @typedef {{ counted: number | null, resident: number | null }} Bytes */
/** @typedef {import('../types.d.ts').ByModel<import('../types.d.ts').BySide<Bytes>>} Figures */

/** @type {Readonly<Record<string, readonly string[]>>} */
const SIDES = {
  mlp: ['main', 'worker', 'perigee', 'registered', 'instant'],
  mobilenet: ['main', 'worker', 'proxy', 'perigee', 'registered'],
  minilm: ['main', 'worker', 'perigee', 'registered'],
};
const shown = MODELS.filter(({ name }) => SIDES[name]);

/** @type {import('../../report/types.d.ts').Section<Figures, Context>} */
export const memory = {
  name: 'memory',
  slow: true,
  title: 'Memory',
  note:
    'Memory after opening and a few predictions, less an empty page of the bench, each in ' +
    "its own browser. First figure: the browser's count " +
    '(`performance.measureUserAgentSpecificMemory()`: JavaScript and wasm of the page and ' +
    "its workers). Second figure: resident memory of the page's processes.",
  async run({ executablePath, servers, peers, pick, say, leaveOut }) {
    const empty = await weigh(executablePath, servers.plain.url, { model: 'mlp' });
    /** @type {Figures} */
    const figures = {};
    for (const model of shown) {
      /** @type {Record<string, Bytes[]>} */
      const runs = {};
      /** @type {Record<string, string>} */
      const broken = {};
      for (let round = 0; round < pick(3, 1); round += 1) {
        for (const side of shuffle([
          ...SIDES[model.name],
          ...model.peers.filter((peer) => peers[peer]),
        ]).filter((name) => !broken[name])) {
          say(`${model.title}, ${side}`);
          try {
            const { counted, resident } = await weigh(executablePath, servers.plain.url, {
              model: model.name,
              side,
            });
            (runs[side] ??= []).push({
              counted: less(counted, empty.counted),
              resident: less(resident, empty.resident),
            });
          } catch (error) {
            broken[side] = firstLineOf(error);
          }
        }
      }
      leaveOut(model, broken);
      figures[model.name] = mapValues(runs, (list) => ({
        counted: medianOf(list.map(({ counted }) => counted)),
        resident: medianOf(list.map(({ resident }) => resident)),
      }));
    }
    return { figures };
  },
  table(figures) {
    const sides = [
      'main',
      'worker',
      'proxy',
      'tfjs',
      'transformers',
      'perigee',
      'registered',
      'instant',
    ];
    const rows = shown
      .filter(({ name }) => figures[name])
      .map(({ name, title }) => [
        title,
        ...sides.map((side) => {
          const of = figures[name][side];
          return of ? `${megabytes(of.counted)} / ${megabytes(of.resident)}` : '–';
        }),
        ratio(figures[name].perigee?.resident, figures[name].worker?.resident),
      ]);
    return [
      [
        'model',
        'raw',
        'worker',
        'proxy',
        'TensorFlow.js',
        'transformers.js',
        'perigee',
        'by name',
        'instant',
        'resident, perigee ÷ worker',
      ],
      ...rows,
    ];
  },
};

/**
 * Null if the browser or the system did not count.
 * @param {readonly (number | null)[]} list
 */
const medianOf = (list) => {
  const counted = list.filter((bytes) => bytes !== null);
  return counted.length < list.length ? null : median(counted);
};

/**
 * @param {number | null} bytes
 * @param {number | null} empty
 */
const less = (bytes, empty) => (bytes === null || empty === null ? null : bytes - empty);

/**
 * @param {string} executablePath
 * @param {string} url
 * @param {{ model: string, side?: string }} options
 * @returns {Promise<Bytes>}
 */
async function weigh(executablePath, url, { model, side }) {
  const browser = await launch(executablePath);
  try {
    const page = await openLab(browser, url);
    const counted = await page.evaluate((request) => globalThis.bench.memory(request), {
      model,
      side,
      calls: 10,
    });
    return { counted, resident: await pagesResident(browser) };
  } finally {
    await browser.close();
  }
}
