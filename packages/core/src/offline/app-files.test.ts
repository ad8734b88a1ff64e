import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { A_FILE, isModelFile, isNamedByContent, isPage, withoutModels } from './app-files.ts';

const BASE = 'https://app.example/shop/sw.js';
const DIGEST = 'a'.repeat(64);

test.each([
  '/m/digits.onnx',
  '/assets/digits-BcQKUfzi.onnx?v=1',
  '/m/net.tflite',
  '/m/group1-shard1of4.bin',
  '/m/group1-shard1of4',
  `/registry/blobs/sha256/aa/${DIGEST}.gzipped`,
  `/registry/deltas/${DIGEST}/${DIGEST}`,
  `/registry/deltas/${DIGEST}.json`,
  '/registry/metadata/timestamp.json',
  '/registry/metadata/12.root.json',
  `/registry/targets/models/digits/1.0.0/${DIGEST}.manifest.json`,
  `/registry/targets/channels/${DIGEST}.digits.json`,
])('%s is of a model', (path) => {
  expect(isModelFile(new URL(path, BASE).href)).toBe(true);
});

test.each(['/assets/index-1.js', '/ort.wasm', '/data/list.json', '/metadata/app.json', '/x.bin'])(
  '%s is of the app',
  (path) => {
    expect(isModelFile(new URL(path, BASE).href)).toBe(false);
  },
);

test('a list loses the files of models, and each entry gets a revision', () => {
  const entries = [
    'assets/index-1.js',
    { url: 'index.html', revision: 'r', size: 9 },
    { url: 'registry/metadata/timestamp.json', revision: 'r' },
    { url: 'assets/digits-1.onnx' },
    { url: 'assets/style-1.css', bytes: 7 },
  ];
  expect(withoutModels(entries, BASE)).toEqual([
    { url: 'assets/index-1.js', revision: null },
    { url: 'index.html', revision: 'r', size: 9 },
    { url: 'assets/style-1.css', revision: null, bytes: 7 },
  ]);
});

test('a page ends in .html or a slash; a file without a revision is named by its content', () => {
  const file = (url: string, key = url) => ({
    url,
    key,
    bytes: undefined,
    integrity: undefined,
    required: true,
  });
  expect(isPage(file('https://a.example/index.html'))).toBe(true);
  expect(isPage(file('https://a.example/'))).toBe(true);
  expect(isPage(file('https://a.example/html.js'))).toBe(false);
  expect(isNamedByContent(file('https://a.example/a-1.js'))).toBe(true);
  expect(isNamedByContent(file('https://a.example/', 'https://a.example/?r=1'))).toBe(false);
});

test('the name that build tools replace is in no file: Workbox refuses a script with two', () => {
  const files = readdirSync(import.meta.dirname).filter((name) => !name.includes('.test.'));
  const texts = files.map((name) => readFileSync(`${import.meta.dirname}/${name}`, 'utf8'));
  expect(texts.filter((text) => text.includes('self.__WB_MANIFEST'))).toEqual([]);
});

test.each([
  ['/report.pdf', true],
  ['/a/report.pdf?page=2', true],
  ['/v1.2/list', false],
  ['/login?next=/report.pdf', false],
  ['/share?url=https://other.example', false],
])('%s is the address of a file: %s', (address, isFile) => {
  expect(A_FILE.test(address)).toBe(isFile);
});
