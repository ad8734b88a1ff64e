import { join } from 'node:path';
import { build } from 'vite';
import { ROOT } from '../../../scripts/steps.mjs';

/** @type {Readonly<Record<string, readonly string[]>>} */
const PEER_MODULES = {
  transformers: ['@huggingface/transformers'],
};

/**
 * Bundles every side with the same bundler, each as a chunk. Peers come from where they were
 * installed; absent ones are an empty module.
 * @param {string} out
 * @param {Readonly<Record<string, string>>} installed
 */
export async function buildPage(out, installed) {
  const root = join(ROOT, 'bench', 'runtime', 'page');
  const absent = join(root, 'sides', 'absent.js');
  // Only the sides' own imports are looked up there. A peer's imports are found beside it.
  const alias = Object.entries(PEER_MODULES).flatMap(([peer, modules]) =>
    modules.map((name) => ({
      find: new RegExp(`^${name}$`),
      replacement: installed[peer] ? entryOf(join(installed[peer], name)) : absent,
    })),
  );
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    worker: { format: 'es' },
    resolve: { alias },
    build: {
      outDir: join(out, 'page'),
      emptyOutDir: true,
      target: 'es2022',
      rollupOptions: { input: [join(root, 'index.html'), join(root, 'start.html')] },
    },
  });
}

/**
 * The file that package.json names for bundlers.
 * @param {string} folder
 */
function entryOf(folder) {
  const entries = { '@huggingface/transformers': 'dist/transformers.web.js' };
  const found = Object.entries(entries).find(([name]) =>
    folder.replaceAll('\\', '/').endsWith(name),
  );
  return join(folder, found ? found[1] : 'dist/index.js');
}
