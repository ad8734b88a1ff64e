import { closeSync, existsSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { APART } from '../../models/catalog.mjs';
import { layersApart } from '../../models/external-data.mjs';
import { f, mapValues, medians, megabytes, ratio } from '../../report/format.mjs';
import { shuffle } from '../../report/shuffle.mjs';
import { mainThreadOfVisit } from '../browser.mjs';

/** @typedef {import('../types.d.ts').Context} Context */
/** @typedef {import('../types.d.ts').LargeModel} Figures */

const NAMES = { main: 'raw onnxruntime-web', perigee: 'perigee, by URL' };

/** @type {import('../../report/types.d.ts').Section<Figures, Context>} */
export const large = {
  name: 'large',
  slow: true,
  title: 'A model of 300 MB with external data',
  note:
    'A first visit in Chromium, on wasm: the most bytes in ArrayBuffers of the main thread, ' +
    'without the wasm memory of a runtime there, and the CPU time of that thread, from the ' +
    'navigation to the first answer; medians. Raw: on the main thread, with the addresses of ' +
    'both files, as documented.',
  async run({ out, executablePath, servers, pick, say }) {
    const bytes = writeLarge(join(out, 'models'));
    /** @type {Record<string, Awaited<ReturnType<typeof mainThreadOfVisit>>[]>} */
    const runs = {};
    for (let round = 0; round < pick(3, 1); round += 1) {
      for (const side of shuffle(Object.keys(NAMES))) {
        say(`${side}, round ${round + 1}`);
        const query = { side, model: APART.name };
        (runs[side] ??= []).push(await mainThreadOfVisit(executablePath, servers.plain, query));
      }
    }
    return { figures: { bytes, sides: mapValues(runs, medians) } };
  },
  table({ bytes, sides }) {
    return [
      ['side', 'N', 'ArrayBuffers of the page', '÷ N', 'CPU ms of the page', 'first answer, ms'],
      ...Object.entries(NAMES).map(([side, title]) => [
        title,
        megabytes(bytes),
        megabytes(sides[side].arrayBuffers),
        ratio(sides[side].arrayBuffers, bytes),
        f(sides[side].cpuMs),
        f(sides[side].answerMs),
      ]),
    ];
  },
};

/**
 * Writes the model, unless it exists.
 * @param {string} folder
 * @returns {number} bytes of its weights
 */
function writeLarge(folder) {
  const path = `${APART.name}.onnx.data`;
  const { bytes, dataBytes, data } = layersApart({ side: 2048, layers: 18, path });
  if (existsSync(join(folder, path))) return dataBytes;
  writeFileSync(join(folder, `${APART.name}.onnx`), bytes);
  const part = join(folder, `${path}.part`);
  const file = openSync(part, 'w');
  for (const weights of data()) writeSync(file, weights);
  closeSync(file);
  renameSync(part, join(folder, path));
  return dataBytes;
}
