// Functions that run in a page. Playwright sends their text, so they use nothing of this module.

/** @typedef {typeof globalThis & { perigee?: import('perigee').Perigee, model?: import('perigee').Model }} Kept */

/**
 * Predicts and sends, a few at a time, and reports which predictions are in the store.
 * @param {{ url: string, model: string, from: number, inputs: number[][] }} work
 */
export async function predictInPage({ url, model: name, from, inputs }) {
  const kept = /** @type {Kept} */ (globalThis);
  try {
    kept.perigee ??= globalThis.lab.createPerigee({
      registry: '/registry/',
      telemetry: { url, intervalMs: 1_000 },
    });
    const { perigee } = kept;
    kept.model ??= await perigee.load(name, { update: 'local', backend: 'cpu' });
    const { model } = kept;
    console.log('ready');
    for (let next = 0; next < inputs.length;) {
      const count = 1 + Math.floor(Math.random() * 4);
      const few = inputs.slice(next, next + count);
      for (const input of few) await model.predict(input);
      await perigee.telemetry.flush();
      console.log(`recorded ${from + next} ${from + next + few.length}`);
      next += few.length;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  } catch (error) {
    const { code, message } = /** @type {{ code?: string, message?: string }} */ (error);
    console.log(`fault ${code} ${message}`);
    throw error;
  }
}

/**
 * Sends until nothing waits. Resolves to the number of windows and batches that are left, and to
 * the losses that are not reported yet.
 * @param {{ url: string, forMs: number }} options
 */
export async function drainInPage({ url, forMs }) {
  const perigee = globalThis.lab.createPerigee({
    registry: '/registry/',
    telemetry: { url, intervalMs: 3_600_000 },
  });
  const until = Date.now() + forMs;
  let status = await perigee.telemetry.flush();
  while (status.queued > 0 && Date.now() < until) status = await perigee.telemetry.flush();
  const preview = await perigee.telemetry.preview();
  const { next, queued } = /** @type {{ next: unknown[], queued: unknown[] }} */ (preview);
  return { left: next.length + queued.length, lost: status.lost };
}
