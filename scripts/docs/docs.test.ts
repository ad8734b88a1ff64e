import { readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeModelTypes } from '@perigee/cli';
import { expect, onTestFinished, test } from 'vitest';
import { publishDemoModels } from '../demo-registry.mjs';
import { ROOT } from '../steps.mjs';
import { examplesOf, typeErrors, withFault } from './examples.ts';
import type { Files } from './examples.ts';

/** Their READMEs have whole components, which tests in the packages check. */
const WITH_OWN_TESTS = ['react', 'svelte', 'vue'];

const DOCUMENTS = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs')).flatMap((name) =>
    name.endsWith('.md') ? [`docs/${name}`] : [],
  ),
  ...readdirSync(join(ROOT, 'packages')).flatMap((name) =>
    WITH_OWN_TESTS.includes(name) ? [] : [`packages/${name}/README.md`],
  ),
];

/** What an app has around the examples. */
const AROUND = `
import type * as core from 'perigee';
import type { PrecacheEntry } from 'perigee/service-worker';

declare global {
  const createPerigee: typeof core.createPerigee;
  const loadModel: typeof core.loadModel;
  const perigee: core.Perigee;
  const model: core.Model<core.FileTypes>;
  const values: Float32Array;
  const pixels: Float32Array;
  const canvas: HTMLCanvasElement;
  const signal: AbortSignal;
  const trustedRoot: object;
  const token: string;
  const url: string;
  const signedFetch: typeof fetch;
  // The page that offers to keep an app has these.
  const offer: (text: string) => void;
  const megabytes: (bytes: number) => string;
  const show: (part: number) => void;
  const showButton: (text: string, press: () => void) => void;
  // A build tool writes the list of the app's files here.
  var __WB_MANIFEST: PrecacheEntry[];
}
`;

/** Files of an app, and packages that only some apps install. */
const MODULES = `
declare module '*/digits.onnx' {
  const url: string;
  export default url;
}
declare module '*/perigee-root.json' {
  const root: object;
  export default root;
}
declare module 'vite-plugin-pwa';
declare module 'workbox-build';
`;

async function examplesOfDocuments(ending: string): Promise<Files> {
  const all = await Promise.all(DOCUMENTS.map(examplesOf));
  const files = all.flatMap((examples) => Object.entries(examples));
  return Object.fromEntries(files.filter(([name]) => name.endsWith(ending)));
}

async function errorsIn(examples: Files, compilerOptions: object = {}): Promise<string[]> {
  const registry = await mkdtemp(join(tmpdir(), 'perigee-docs-'));
  onTestFinished(() => rm(registry, { recursive: true, force: true }));
  await publishDemoModels(registry);
  const { text } = await makeModelTypes([registry], registry);
  const files = { 'around.ts': AROUND, 'modules.d.ts': MODULES, 'perigee-models.d.ts': text };
  return typeErrors(
    { ...examples, ...files },
    { folder: 'packages/vite', compilerOptions: { types: ['vite/client'], ...compilerOptions } },
  );
}

test('the TypeScript in documents is right', async () => {
  const examples = await examplesOfDocuments('.ts');
  const wrong = {
    'wrong-class.ts': withFault(examples, 'output.label; //', "output.label === 'x'; //"),
    'wrong-option.ts': withFault(examples, 'isolation: true', 'isolated: true'),
  };
  expect(await errorsIn({ ...examples, ...wrong })).toEqual([
    expect.stringMatching(/^wrong-class\.ts: .*'"x"'/),
    expect.stringMatching(/^wrong-option\.ts: .*'isolated'/),
  ]);
});

test('the JavaScript in documents is right', async () => {
  const examples = await examplesOfDocuments('.js');
  const wrong = {
    'wrong-name.js': withFault(examples, '{ serveApp }', '{ serve as serveApp }'),
    'wrong-option.js': withFault(examples, 'onProgress: (', 'progress: ('),
  };
  const compilerOptions = { allowJs: true, checkJs: true, noImplicitAny: false };
  expect(await errorsIn({ ...examples, ...wrong }, compilerOptions)).toEqual([
    expect.stringMatching(/^wrong-name\.js: .*'serve'/),
    expect.stringMatching(/^wrong-option\.js: .*'progress'/),
  ]);
});

test.each([
  ['VitePWA({', 'vite-pwa/vite.config.js'],
  ['injectManifest({', 'workbox-build/build-worker.mjs'],
])('docs/offline.md shows %s as the example that is built, %s', async (part, path) => {
  const shown = Object.values(await examplesOf('docs/offline.md')).find((code) =>
    code.includes(part),
  );
  const built = await readFile(join(ROOT, 'examples', path), 'utf8');
  expect(built.split('\n')).toEqual(expect.arrayContaining(shown?.split('\n') ?? ['an example']));
});
