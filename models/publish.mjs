// node models/publish.mjs [folder]: packs the demo's models and publishes them. A second run
// changes nothing.
import { access, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  changeChannels,
  createKey,
  initRegistry,
  openKeyFolder,
  pack,
  publish,
  readRelease,
  readRegistry,
  resign,
  writeRelease,
} from '@perigee/cli';

const here = dirname(fileURLToPath(import.meta.url));
const registry = resolve(process.argv[2] ?? '.perigee/registry');
const releases = join(dirname(registry), 'releases');
const keyFolder = join(dirname(registry), 'keys');
/** Protects only this machine's demo. Your own registry takes PERIGEE_KEY_PASSPHRASE. */
const passphrase = process.env.PERIGEE_KEY_PASSPHRASE ?? 'the demo registry of this checkout';
const RESIGN_BEFORE_DAYS = 20;
/** Every visitor of the demo has one of these segments: demo/src/perigee.ts. */
const VISITORS = Array.from({ length: 24 }, (_, i) => `visitor-${i + 1}`);

/**
 * @param {string} version
 * @returns {import('@perigee/cli').PackOptions}
 */
const digits = (version) => ({
  name: 'digits',
  version,
  model: join(here, 'digits', 'versions', version, 'model.onnx'),
  golden: join(here, 'digits', 'versions', version, 'golden.json'),
  referenceProfile: join(here, 'digits', 'versions', version, 'reference.json'),
  pipeline: join(here, 'digits', 'pipeline.json'),
  labels: join(here, 'digits', 'labels.json'),
  card: join(here, 'digits', 'README.md'),
  governance: join(here, 'digits', `governance-${version}.json`),
  license: 'MIT',
  description: 'Reads one handwritten digit.',
});
/** @type {import('@perigee/cli').PackOptions} */
const wdbc = {
  name: 'wdbc',
  version: '1.0.0',
  model: join(here, 'wdbc', 'versions', '1.0.0', 'model.onnx'),
  golden: join(here, 'wdbc', 'versions', '1.0.0', 'golden.json'),
  reference: join(here, 'wdbc', 'train.csv'),
  exclude: ['diagnosis'],
  calibrate: join(here, 'wdbc', 'held-out.csv'),
  label: 'diagnosis',
  pipeline: join(here, 'wdbc', 'pipeline.json'),
  labels: join(here, 'wdbc', 'labels.json'),
  card: join(here, 'wdbc', 'README.md'),
  governance: join(here, 'wdbc', 'governance.json'),
  segments: VISITORS,
  license: 'MIT',
  description:
    'Tells malignant from benign by 30 measurements of cell nuclei. Not a medical device.',
};

/** @type {import('@perigee/cli').PackOptions} */
const wine = {
  name: 'wine',
  version: '1.0.0',
  model: join(here, 'wine', 'versions', '1.0.0', 'model.onnx'),
  golden: join(here, 'wine', 'versions', '1.0.0', 'golden.json'),
  reference: join(here, 'wine', 'train.csv'),
  exclude: ['cultivar'],
  calibrate: join(here, 'wine', 'held-out.csv'),
  label: 'cultivar',
  pipeline: join(here, 'wine', 'pipeline.json'),
  labels: join(here, 'wine', 'labels.json'),
  card: join(here, 'wine', 'README.md'),
  governance: join(here, 'wine', 'governance.json'),
  segments: VISITORS,
  license: 'MIT',
  description: 'Tells three grape varieties apart by 13 measurements of a wine.',
};

/**
 * Opens the registry with its keys, and makes it if it is missing. Metadata that is about to expire
 * is signed anew.
 */
async function openPublisher() {
  if (!(await exists(join(keyFolder, 'demo.key.json'))))
    await createKey(keyFolder, 'demo', passphrase);
  const publisher = { to: registry, keys: await openKeyFolder(keyFolder, passphrase) };
  if (!(await exists(join(registry, 'metadata', '1.root.json')))) await initRegistry(publisher);
  const { roles } = await readRegistry(registry);
  if (roles.timestamp.expires.getTime() - Date.now() < RESIGN_BEFORE_DAYS * 86_400_000)
    await resign(publisher);
  return publisher;
}

/** @param {string} path */
const exists = (path) =>
  access(path).then(
    () => true,
    () => false,
  );

async function publishAll() {
  const publisher = await openPublisher();
  /** @type {readonly (readonly [import('@perigee/cli').PackOptions, string | null])[]} */
  const releasesOfChannels = [
    [digits('1.0.0'), 'stable'],
    [digits('1.1.0'), 'canary'],
    [digits('1.1.1'), null],
    [wdbc, 'stable'],
    [wine, 'stable'],
  ];
  for (const [options, channel] of releasesOfChannels) {
    const release = await pack(options, () => undefined);
    await writeRelease(releases, release);
    const { changed } = await publish(
      await readRelease(releases, options.name, options.version),
      publisher,
      channel,
    );
    console.log(
      `${options.name}@${options.version} → ${channel ?? 'no channel'}: ` +
        `${changed ? 'published' : 'there already'}`,
    );
  }
  // For the Delivery page: half of the devices get the fine-tuned version.
  const beta = {
    version: '1.1.0',
    rollout: { version: '1.1.1', permyriad: 5_000, salt: 'digits:beta' },
  };
  await changeChannels(
    publisher,
    'digits',
    (before) => ({ ...before, channels: { ...before.channels, beta } }),
    'for the Delivery page',
  );
}

try {
  await publishAll();
} catch (error) {
  // A registry made from an older checkout has other bytes under the same versions, or other keys.
  // The one under .perigee belongs to this script and is made anew; no other registry is touched.
  if (
    !(error instanceof Error) ||
    !/other content|needs \d+ of its keys|is not a registry/.test(error.message) ||
    basename(dirname(registry)) !== '.perigee'
  )
    throw error;
  console.log(`${registry} was made of other model files or with other keys: making it anew.`);
  await rm(registry, { recursive: true });
  await publishAll();
}
