import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { heavy } from '../models/generate.mjs';
import { f, megabytes, ratio } from '../report/format.mjs';
import { node as runNode } from '../../scripts/steps.mjs';

/** @typedef {import('../runtime/types.d.ts').Context} Context */
/** @typedef {{ bytes: number, peak: number, ms: number, runtime: number }} Figures */

const DEVICE = join(import.meta.dirname, 'pack.process.mjs');
const LAYERS = 18;

/** @type {import('../report/types.d.ts').Section<Figures, Pick<Context, 'say' | 'leaveOut'>>} */
export const pack = {
  name: 'pack',
  slow: true,
  title: 'Memory of pack',
  note:
    'The highest resident memory of the process of `perigee pack` on a model of 302 MB, once. ' +
    'The runtime alone: a process that opens the model by its path and runs it once, as pack ' +
    'must for the golden samples. Goal: < 1 GB.',
  async run({ say, leaveOut }) {
    if (process.platform !== 'linux') {
      leaveOut({ title: 'heavy' }, { 'all sides': 'only Linux tells the memory of a process' });
      return { figures: { bytes: NaN, peak: NaN, ms: NaN, runtime: NaN } };
    }
    const folder = mkdtempSync(join(tmpdir(), 'perigee-pack-'));
    try {
      const { bytes } = heavy(LAYERS);
      const file = join(folder, 'heavy.onnx');
      writeFileSync(file, bytes);
      /**
       * @param {'pack' | 'runtime'} side
       * @returns {Promise<{ peak: number, ms: number }>}
       */
      const peakOf = async (side) => {
        say(side);
        const { output } = await runNode(DEVICE, [side, file, folder]);
        return JSON.parse(output.slice(output.lastIndexOf('{"peak"')));
      };
      const [{ peak, ms }, runtime] = [await peakOf('pack'), await peakOf('runtime')];
      return { figures: { bytes: bytes.length, peak, ms, runtime: runtime.peak } };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  table({ bytes, peak, ms, runtime }) {
    return [
      ['N', 'peak of pack', '÷ N', 'peak of the runtime alone', '÷ N', 'ms'],
      [
        megabytes(bytes),
        megabytes(peak),
        ratio(peak, bytes),
        megabytes(runtime),
        ratio(runtime, bytes),
        f(ms),
      ],
    ];
  },
};
