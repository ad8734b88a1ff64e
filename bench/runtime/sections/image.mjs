import { inLab } from '../browser.mjs';
import { f, mapValues, median, ratio } from '../../report/format.mjs';

/** @typedef {import('../types.d.ts').Context} Context */
/** @typedef {Record<string, Record<string, number>>} Figures times by size of the image */

const SIZES = { '224×224': [224, 224], '1280×720': [1280, 720] };

/** @type {import('../../report/types.d.ts').Section<Figures, Context>} */
export const image = {
  name: 'image',
  slow: true,
  title: 'Image preprocessing',
  note:
    'Pixels → a normalised 224 × 224 tensor, milliseconds p50, the same recipe (resize to ' +
    '224 × 224, scale, normalise). transformers.js runs its processor on the main thread; ' +
    'perigee runs its pipeline in its worker. "All" is the whole prediction with ' +
    'MobileNetV2, which includes carrying the pixels for perigee. The resamplers differ in ' +
    "detail: the browser's own there, half-pixel bilinear here. By hand: one loop from pixels to " +
    'the same tensor, in the page; it checks nothing, and takes neither transparency nor other ' +
    'layouts.',
  async run({ browser, servers, peers, pick, say, control }) {
    /** @type {Figures} */
    const figures = {};
    for (const [size, [width, height]] of Object.entries(SIZES)) {
      say(size);
      const ms = await inLab(browser, servers.plain.url, 'image', {
        width,
        height,
        rounds: pick(40, 8),
        transformers: Boolean(peers.transformers),
      });
      control(size, ms['transformers preprocess'] ?? []);
      figures[size] = mapValues(ms, median);
    }
    return { figures };
  },
  table(figures) {
    return [
      [
        'image',
        'transformers.js, preprocessing',
        'perigee, preprocessing',
        'by hand, preprocessing',
        'ratio',
        'transformers.js, all',
        'perigee, all',
        'ratio',
      ],
      ...Object.entries(figures).map(([size, of]) => [
        size,
        f(of['transformers preprocess']),
        f(of['perigee preprocess']),
        f(of['by hand preprocess']),
        ratio(of['perigee preprocess'], of['transformers preprocess']),
        f(of['transformers predict']),
        f(of['perigee predict']),
        ratio(of['perigee predict'], of['transformers predict']),
      ]),
    ];
  },
};
