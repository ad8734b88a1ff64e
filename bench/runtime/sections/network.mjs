import { visit } from '../browser.mjs';
import { MODELS } from '../../models/catalog.mjs';
import { f, firstLineOf, mapValues, median, megabytes, ratio } from '../../report/format.mjs';
import { shuffle } from '../../report/shuffle.mjs';
import { lineMs } from '../../server.mjs';

/** @typedef {import('../types.d.ts').Context} Context */
/** @typedef {import('../types.d.ts').Figures['network']} Figures */

/**
 * A way to serve and open a model.
 * @typedef {object} Way
 * @property {string} title
 * @property {string} side
 * @property {'slow' | 'slowBrotli'} server
 * @property {string} [file] end of the name of the file
 */

/** @type {Readonly<Record<string, Way>>} */
const WAYS = {
  documented: { title: 'raw on main, as documented, no compression', side: 'main', server: 'slow' },
  brotli: { title: 'raw on main, brotli', side: 'main', server: 'slowBrotli' },
  transformers: { title: 'transformers.js, brotli', side: 'transformers', server: 'slowBrotli' },
  perigee: { title: 'perigee by URL, brotli', side: 'perigee', server: 'slowBrotli' },
  registered: { title: 'perigee by name, fp32', side: 'registered', server: 'slowBrotli' },
  int8: { title: 'perigee by name, int8', side: 'registered', server: 'slowBrotli', file: '-int8' },
};
const shown = MODELS.filter(({ large }) => large);

/** @type {import('../../report/types.d.ts').Section<Figures, Context>} */
export const network = {
  name: 'network',
  slow: true,
  brotli: true,
  title: 'First visit at 50 Mbit/s and 20 ms',
  note:
    'Milliseconds from navigation to the first answer, median, and bytes on the wire. The ' +
    'server shapes the line: all responses share one token bucket, and each waits for one ' +
    'round trip. Floor: those bytes alone, bytes × 8 ÷ 50 Mbit/s + 20 ms. int8 is another ' +
    'model file of the same network (weights as int8; the encoder multiplies in int8), so the ' +
    'SDK accounts for only a part of that row.',
  async run({ executablePath, servers, peers, pick, say, control, leaveOut }) {
    /** @type {Figures} */
    const figures = {};
    for (const model of shown) {
      /** @type {Record<string, import('../types.d.ts').Download[]>} */
      const runs = {};
      /** @type {Record<string, string>} */
      const broken = {};
      for (let round = 0; round < pick(3, 1); round += 1) {
        for (const [way, { side, server, file }] of shuffle(Object.entries(WAYS))) {
          if ((way === 'transformers' && !peers.transformers) || broken[way]) continue;
          say(`${model.title}, ${way}, ${round + 1}`);
          try {
            const { first } = await visit(
              executablePath,
              servers[server],
              { side, model: model.name, ...(file && { file: model.name + file }) },
              ['first'],
            );
            (runs[way] ??= []).push({
              ms: first.answerMs,
              bytes: first.traffic.reduce((sum, { bytes }) => sum + bytes, 0),
            });
          } catch (error) {
            broken[way] = firstLineOf(error);
          }
        }
      }
      leaveOut(model, broken);
      control(
        model.title,
        (runs.documented ?? []).map(({ ms }) => ms),
      );
      figures[model.name] = mapValues(runs, (list) => ({
        ms: median(list.map(({ ms }) => ms)),
        bytes: median(list.map(({ bytes }) => bytes)),
      }));
    }
    return { figures };
  },
  table(figures) {
    const rows = shown
      .filter(({ name }) => figures[name])
      .flatMap(({ name, title }) =>
        Object.entries(WAYS)
          .filter(([way]) => figures[name][way])
          .map(([way, { title: wayTitle }]) => {
            const { ms, bytes } = figures[name][way];
            return [
              title,
              wayTitle,
              f(ms),
              megabytes(bytes),
              f(lineMs(bytes)),
              ratio(ms, figures[name].documented?.ms),
              ratio(ms, figures[name].brotli?.ms),
              ratio(lineMs(bytes), figures[name].documented?.ms),
            ];
          }),
      );
    return [
      [
        'model',
        'way',
        'ms',
        'on the wire',
        'floor',
        '÷ raw as documented',
        '÷ raw with brotli',
        'floor ÷ raw as documented',
      ],
      ...rows,
    ];
  },
};
