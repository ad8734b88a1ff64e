import { visit } from '../browser.mjs';
import { MODELS } from '../../models/catalog.mjs';
import { firstLineOf, megabytes, ratio } from '../../report/format.mjs';

/** @typedef {import('../types.d.ts').Context} Context */
/** @typedef {import('../types.d.ts').WireBytes} WireBytes */
/** @typedef {import('../types.d.ts').ByModel<import('../types.d.ts').BySide<WireBytes>>} Figures */

/** @type {Readonly<Record<string, readonly string[]>>} */
const SIDES = {
  mlp: ['main', 'worker', 'perigee', 'registered', 'instant', 'tfjs'],
  mobilenet: ['main', 'worker', 'perigee', 'registered', 'transformers'],
  minilm: ['main', 'perigee', 'registered', 'transformers'],
};
const KINDS = {
  /** @param {string} path */
  page: (path) => /\.(js|mjs|html)$/.test(path) || path === '/',
  /** @param {string} path */
  wasm: (path) => path.endsWith('.wasm'),
};

/** @type {import('../../report/types.d.ts').Section<Figures, Context>} */
export const wire = {
  name: 'wire',
  slow: true,
  brotli: true,
  title: 'Bytes of a first visit',
  note:
    'Bytes of the bodies that a browser with an empty profile fetches from a host with ' +
    'brotli until the first answer. Chunks of a registry are compressed when they are ' +
    'published.',
  async run({ executablePath, servers, peers, say, leaveOut }) {
    /** @type {Figures} */
    const figures = {};
    for (const [model, sides] of Object.entries(SIDES)) {
      for (const side of sides.filter(
        (name) => !['tfjs', 'transformers'].includes(name) || peers[name],
      )) {
        say(`${model}, ${side}`);
        try {
          const { first } = await visit(executablePath, servers.brotli, { side, model }, ['first']);
          (figures[model] ??= {})[side] = split(first.traffic);
        } catch (error) {
          leaveOut({ title: model }, { [side]: firstLineOf(error) });
        }
      }
    }
    return { figures };
  },
  table(figures) {
    const rows = MODELS.filter(({ name }) => figures[name]).flatMap(({ name, title }) =>
      Object.entries(figures[name]).map(([side, { page, wasm, model }]) => {
        /** @param {WireBytes} of */
        const total = (of) => of.page + of.wasm + of.model;
        return [
          title,
          side,
          megabytes(page),
          megabytes(wasm),
          megabytes(model),
          megabytes(page + wasm + model),
          ratio(total({ page, wasm, model }), total(figures[name].main)),
        ];
      }),
    );
    return [
      ['model', 'side', 'page and scripts', 'wasm', 'model and its files', 'all', '÷ raw'],
      ...rows,
    ];
  },
};

/**
 * @param {readonly import('../../server.mjs').Traffic[]} traffic
 * @returns {WireBytes}
 */
function split(traffic) {
  const bytes = { page: 0, wasm: 0, model: 0 };
  for (const { path, bytes: size } of traffic)
    bytes[KINDS.wasm(path) ? 'wasm' : KINDS.page(path) ? 'page' : 'model'] += size;
  return bytes;
}
