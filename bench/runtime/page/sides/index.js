/**
 * Each side of a comparison is a chunk of its own: `open({ name, url, threads, output })` →
 * `{ run(feeds) → { data, ms? }, end() }`.
 */
const SIDES = {
  main: () => import('./main.js'),
  worker: () => import('./worker.js'),
  comlink: () => import('./comlink.js'),
  proxy: () => import('./proxy.js'),
  stored: () => import('./stored.js'),
  'stored-apart': () => import('./stored-apart.js'),
  perigee: () => import('./perigee.js'),
  instant: () => import('./instant.js'),
  'gpu-main': () => import('./gpu-main.js'),
  'gpu-perigee': () => import('./gpu-perigee.js'),
  registered: () => import('./registered.js'),
  named: () => import('./named.js'),
  verified: () => import('./verified.js'),
  bare: () => import('./bare.js'),
  'bare-kept': () => import('./bare-kept.js'),
  floor: () => import('./floor.js'),
  tfjs: () => import('./tfjs.js'),
  transformers: () => import('./transformers.js'),
};

const PATIENCE_MS = 90_000;

/**
 * Opens the side and makes its first answer to `feeds`. A side without an answer after a minute and
 * a half counts as hung.
 */
export async function openSide(side, request, feeds) {
  let timer;
  const patience = new Promise((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no answer in ${PATIENCE_MS / 1000} s`)),
      PATIENCE_MS,
    );
  });
  const opening = async () => {
    const { open } = await SIDES[side]();
    const opened = await open(request);
    const openMs = performance.now();
    return { ...opened, openMs, first: await opened.run(feeds), answerMs: performance.now() };
  };
  return Promise.race([opening(), patience]).finally(() => clearTimeout(timer));
}
