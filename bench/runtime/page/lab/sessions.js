import { createPerigee } from 'perigee';
import { open as openByHand } from '../sides/verified.js';
import { breathe, shuffle } from './tools.js';

/**
 * Milliseconds to create a session, for models by name that are already on the device: by the SDK,
 * and by hand with the file verified.
 */
export async function sessions({ files, rounds }) {
  const perigee = createPerigee({ registry: new URL('/registry/', location.href).href });
  const sides = {
    async perigee(file) {
      const model = await perigee.load(file, { backend: 'wasm', update: 'local', threads: 1 });
      await model.dispose();
      return model.loadTiming;
    },
    async byHand(file) {
      const side = await openByHand({ name: file, threads: 1 });
      await side.end();
      return side.timing;
    },
  };
  const turns = files.flatMap((file) => Object.keys(sides).map((side) => ({ file, side })));
  const ms = { perigee: {}, byHand: {} };
  const leftOut = {};
  for (let round = -1; round < rounds; round += 1) {
    for (const { file, side } of shuffle(turns).filter((turn) => !leftOut[turn.file])) {
      await breathe();
      try {
        const { createMs } = await sides[side](file);
        if (round >= 0) (ms[side][file] ??= []).push(createMs);
      } catch (error) {
        leftOut[file] = String(error?.message ?? error);
      }
    }
  }
  return { ms, leftOut };
}
