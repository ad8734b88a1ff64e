import { join } from 'node:path';
import { f, ratio } from '../../report/format.mjs';
import { node as runNode, ROOT } from '../../../scripts/steps.mjs';

/** @typedef {import('../types.d.ts').Context} Context */
/** @typedef {{ p50: number, error: number }} Times */
/** @typedef {Record<string, Record<'without' | 'withIt', Times>>} Figures */

const MODELS = ['dynquant-large', 'qlinearconv'];

/** @type {import('../../report/types.d.ts').Section<Figures, Context>} */
export const quantised = {
  name: 'quantised',
  title: 'Quantised models natively',
  note:
    'Milliseconds p50 of onnxruntime-node, one thread, with session.x64quantprecision and ' +
    'without, in turns in one process. With the option, x86-64 processors without VNNI give ' +
    'the numbers of wasm, too. Error: the largest difference from wasm, relative to the ' +
    'largest value.',
  async run({ pick, say }) {
    /** @type {Figures} */
    const figures = {};
    for (const name of MODELS) {
      say(name);
      const path = join(ROOT, 'e2e', 'cases', 'models', `${name}.onnx`);
      const { output } = await runNode(join(import.meta.dirname, '..', 'node', 'quantised.mjs'), [
        path,
        String(pick(2_000, 200)),
      ]);
      figures[name] = JSON.parse(output.slice(output.indexOf('{"without"')));
    }
    return { figures };
  },
  table(figures) {
    const rows = Object.entries(figures).map(([name, { without, withIt }]) => [
      name,
      f(without.p50),
      f(withIt.p50),
      ratio(withIt.p50, without.p50),
      without.error.toExponential(1),
      withIt.error.toExponential(1),
    ]);
    return [['model', 'without', 'with', 'with ÷ without', 'error without', 'error with'], ...rows];
  },
};
