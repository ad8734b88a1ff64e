import { createPerigee } from 'perigee';
import { breathe, shuffle } from './tools.js';

/** Milliseconds to create a session, for models by name that are already on the device. */
export async function sessions({ files, rounds }) {
  const perigee = createPerigee({ registry: new URL('/registry/', location.href).href });
  const ms = {};
  const leftOut = {};
  for (let round = -1; round < rounds; round += 1) {
    for (const file of shuffle(files).filter((name) => !leftOut[name])) {
      await breathe();
      try {
        const model = await perigee.load(file, { backend: 'wasm', update: 'local', threads: 1 });
        if (round >= 0) (ms[file] ??= []).push(model.loadTiming.createMs);
        await model.dispose();
      } catch (error) {
        leftOut[file] = String(error?.message ?? error);
      }
    }
  }
  return { ms, leftOut };
}
