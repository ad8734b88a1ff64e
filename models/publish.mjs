// node models/publish.mjs [folder]: packs the demo's models and publishes them. A second run changes nothing.
import { rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pack, publish, readRelease, writeRelease } from '@perigee/cli';

const here = dirname(fileURLToPath(import.meta.url));
const registry = resolve(process.argv[2] ?? '.perigee/registry');
const releases = join(dirname(registry), 'releases');

const digits = (version) => ({
  name: 'digits',
  version,
  model: join(here, 'digits', 'versions', version, 'model.onnx'),
  golden: join(here, 'digits', 'versions', version, 'golden.json'),
  referenceProfile: join(here, 'digits', 'versions', version, 'reference.json'),
  pipeline: join(here, 'digits', 'pipeline.json'),
  labels: join(here, 'digits', 'labels.json'),
  card: join(here, 'digits', 'README.md'),
  license: 'MIT',
  description: 'Reads one handwritten digit.',
});
const wdbc = {
  name: 'wdbc',
  version: '1.0.0',
  model: join(here, 'wdbc', 'versions', '1.0.0', 'model.onnx'),
  golden: join(here, 'wdbc', 'versions', '1.0.0', 'golden.json'),
  reference: join(here, 'wdbc', 'train.csv'),
  exclude: ['diagnosis'],
  pipeline: join(here, 'wdbc', 'pipeline.json'),
  labels: join(here, 'wdbc', 'labels.json'),
  card: join(here, 'wdbc', 'README.md'),
  license: 'MIT',
  description: 'Tells malignant from benign by 30 measurements of cell nuclei. Not a medical device.',
};

async function publishAll() {
  for (const [options, channel] of [[digits('1.0.0'), 'stable'], [digits('1.1.0'), 'canary'], [wdbc, 'stable']]) {
    const release = await pack(options, () => undefined);
    await writeRelease(releases, release);
    const { changed } = await publish(await readRelease(releases, options.name, options.version), registry, channel);
    console.log(`${options.name}@${options.version} → ${channel}: ${changed ? 'published' : 'there already'}`);
  }
}

try {
  await publishAll();
} catch (error) {
  // A registry made from an older checkout has other bytes under the same versions. The one under .perigee is ours to make anew; no other is touched.
  if (!/other content/.test(error.message) || basename(dirname(registry)) !== '.perigee') throw error;
  console.log(`${registry} was made of other model files: making it anew.`);
  await rm(registry, { recursive: true });
  await publishAll();
}
