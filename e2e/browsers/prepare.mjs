// Prepares the scenarios before a browser starts: the lab page, the registry, the right answers.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compile, install, node, ROOT, step } from '../../scripts/steps.mjs';
import { serve } from './serve.mjs';

const LAB = join(ROOT, '.perigee', 'lab');
const STORES = join(ROOT, '.perigee', 'stores');
const REGISTRY = join(ROOT, '.perigee', 'test-registry');
const HERE = join(ROOT, 'e2e', 'browsers', 'driven');
const PACKAGE = join(ROOT, 'packages', 'core', 'dist', 'browser');

/** Builds and publishes all that the scenarios need. */
export async function prepare() {
  await step('Installing dependencies', install);
  await step('Compiling packages', compile);
  const [{ buildLabFiles }, { buildStores }] = await Promise.all([
    import('../support/lab-files.mjs'),
    import('../support/build-stores.mjs'),
  ]);
  await step('Building the lab page', () => buildLabFiles(LAB));
  await step('Building the contract of the stores', () => buildStores(STORES));
  await step('Publishing the demo models', () =>
    node(join(ROOT, 'models', 'publish.mjs'), [REGISTRY]).then(() => undefined),
  );
}

/**
 * A host of the lab page, with all files that scenarios fetch.
 * @param {boolean} isIsolated
 */
export async function serveLab(isIsolated) {
  const lab = await readFile(join(LAB, 'index.html'), 'utf8');
  const driver = '<script type="module" src="/driven/page.js"></script></body>';
  const folders = {
    '/': LAB,
    '/anywhere/': PACKAGE,
    '/cases/': join(ROOT, 'e2e', 'cases', 'models'),
    '/driven/': HERE,
    '/models/': join(ROOT, 'e2e', 'models'),
    '/ort/': join(ROOT, 'node_modules', 'onnxruntime-web', 'dist'),
    '/registry/': REGISTRY,
    '/stores/': STORES,
    '/wdbc/': join(ROOT, 'models', 'wdbc', 'versions', '1.0.0'),
  };
  const pages = {
    '/blank.html': '<!doctype html><title>blank</title>',
    '/offline-worker.js': await readFile(join(HERE, 'offline-worker.js'), 'utf8'),
    '/driven.html': lab.replace('</body>', driver),
  };
  return serve(folders, { isIsolated, pages });
}

/** A host of another origin, such as a CDN, with the package's files for browsers. */
export const serveElsewhere = () => serve({ '/': PACKAGE }, { isIsolated: false, isShared: true });

const input = () => Float32Array.from({ length: 64 }, (_, i) => Math.sin(i));

/** @returns {Promise<import('./types.d.ts').Expected>} */
export async function answersOfNode() {
  const { loadModel } = await import('perigee');
  const onnx = await loadModel(join(ROOT, 'e2e/models/two-layers.onnx'), { backend: 'native' });
  const tfjs = await loadModel(join(ROOT, 'e2e/models/tfjs-net/model.json'), { backend: 'cpu' });
  const answers = {
    onnx: Array.from((await onnx.predict(input())).outputs.y?.data ?? [], Number),
    tfjs: Array.from((await tfjs.predict({ image: input() })).outputs.scores?.data ?? [], Number),
  };
  await Promise.all([onnx.dispose(), tfjs.dispose()]);
  return answers;
}
