import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseRules } from '@perigee/collector';
import {
  parseManifest,
  parsePipeline,
  readGovernance,
  reader,
  RegistryError,
} from '@perigee/registry';
import { expect, test } from 'vitest';
import { readPipeline } from '../../packages/registry/src/manifest/parse-pipeline.ts';
import { ROOT } from '../.vitepress/repository.mjs';
import { readPages } from './pages.ts';

const PAGES = readPages();
const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const fileOf = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** Readers of JSON, by the title of the block. A reader throws where the JSON is not right. */
const READERS: Readonly<Record<string, (json: string) => unknown>> = {
  'pipeline.json': (json) => parsePipeline(new TextEncoder().encode(withWords(json))),
  step: (json) => parseStep(JSON.parse(withWords(json)) as Step),
  'manifest.json': (json) => parseManifest(new TextEncoder().encode(json)),
  'governance.json': (json) => {
    const value: unknown = JSON.parse(json);
    // The reader leaves out what it does not know.
    expect(readGovernance(reader(value))).toEqual(value);
  },
  'alerts.json': parseRules,
  'preview()': (json) => expect(JSON.parse(json)).toMatchObject({ model: 'wdbc', predictions: 3 }),
  'angular.json: assets': (json) => expectIn('examples/angular/angular.json', json),
  'manifest.json of an extension': (json) => {
    const example = JSON.parse(fileOf('examples/extension/manifest.json')) as object;
    const { host_permissions: _, ...rest } = JSON.parse(json) as Record<string, unknown>;
    expect(example).toMatchObject(rest);
  },
  // hosts.test.ts compares what it sends.
  'vercel.json': (json) => JSON.parse(json),
  'cors.json': (json) =>
    expect(JSON.parse(json)).toEqual({
      CORSRules: [{ AllowedOrigins: ['*'], AllowedMethods: ['GET', 'HEAD'], MaxAgeSeconds: 3600 }],
    }),
  'package.json': (json) => expectIn('examples/parcel/package.json', json.trim().slice(2, -2)),
};

test('every block of JSON is read by the reader of its document', () => {
  const faults: string[] = [];
  const read = new Set<string>();
  for (const { file, line, language, title, code } of PAGES.flatMap(({ blocks }) => blocks)) {
    if (language !== 'json') continue;
    const name = title.replace(/^\[|\]$/g, '');
    read.add(name);
    try {
      if (!Object.hasOwn(READERS, name))
        throw new Error(`There is no reader for "${name}". Name one: \`\`\`json [pipeline.json]`);
      READERS[name]?.(code);
    } catch (error) {
      faults.push(`${file}:${line}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  expect(faults).toEqual([]);
  expect(Object.keys(READERS).filter((name) => !read.has(name))).toEqual([]);
});

/** JSON of a page is in a file of an example, which `npm run examples` runs. */
function expectIn(path: string, json: string): void {
  const plain = (text: string) => text.replaceAll(/\s/g, '');
  expect(plain(fileOf(path))).toContain(plain(json));
}

/** `pack` fills in words that a step leaves out. */
function withWords(json: string): string {
  return JSON.stringify(JSON.parse(json), (_key, value: unknown) =>
    isStep(value) && ['one-hot', 'index'].includes(value.op) ? { words: ['DE'], ...value } : value,
  );
}

type Step = { readonly op: string } & Readonly<Record<string, unknown>>;

function isStep(value: unknown): value is Step {
  return typeof value === 'object' && value !== null && 'op' in value;
}

const AFTER: readonly string[] = ['softmax', 'sigmoid', 'top-k', 'threshold'];

/** Reads a step in a pipeline of which it could be a part. */
function parseStep(step: Step): void {
  if (AFTER.includes(step.op))
    return void parsePipeline(bytesOf({ preprocess: [{ op: 'image' }], postprocess: [step] }));
  parsePipeline(bytesOf({ preprocess: inPipeline(step), postprocess: [] }));
}

function inPipeline(step: Step): Step[] {
  if (step.op === 'image' || step.op === 'tabular') return [step];
  return [{ op: 'tabular', features: featuresOf(step) }, step];
}

/** The names of features in a step. */
function featuresOf({ feature, features = [], inputs = [] }: Step): unknown[] {
  const below = (inputs as Step[]).flatMap(featuresOf);
  const found = [feature, ...(features as unknown[]), ...below].filter(Boolean);
  return found.length > 0 ? found : ['age'];
}

/** The steps and their fields that the page lists, by the heading of each. */
function documentedSteps(): Map<string, string[]> {
  const text = fileOf('docs/reference/pipeline-json.md');
  const sections = text.split('\n### ').slice(1);
  return new Map(
    sections.map((section) => {
      const [, op = ''] = /^`([\w-]+)`/.exec(section) ?? [];
      const cells = Array.from(section.matchAll(/^\| (`.*?) \|/gm), ([, cell = '']) => cell);
      return [
        op,
        cells.flatMap((cell) => Array.from(cell.matchAll(/`(\w+)`/g), ([, n = '']) => n)),
      ];
    }),
  );
}

test('the page about pipeline.json has every step with every field', () => {
  const documented = documentedSteps();
  const before = opsOf((op) => ({ preprocess: [{ op: 'image' }, { op }], postprocess: [] }));
  const after = opsOf((op) => ({ preprocess: [{ op: 'image' }], postprocess: [{ op }] }));
  expect([...documented.keys()].sort()).toEqual([...new Set([...before, ...after])].sort());
  for (const block of PAGES.flatMap(({ blocks }) => blocks)) {
    if (block.file !== 'docs/reference/pipeline-json.md' || block.title !== '[step]') continue;
    const { op, ...fields } = JSON.parse(block.code) as Step;
    const read = fieldsRead({ op, ...fields });
    expect([op, documented.get(op)?.toSorted()]).toEqual([op, read.toSorted()]);
  }
});

/** The steps that the parser takes: its error about an unknown one lists them. */
function opsOf(pipeline: (op: string) => object): string[] {
  try {
    parsePipeline(bytesOf(pipeline('unknown')));
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    const expected = String(error.details['expected']);
    return Array.from(expected.matchAll(/"([\w-]+)"/g), ([, op = '']) => op);
  }
  throw new Error('The parser takes an unknown step.');
}

/** The fields that the parser looks for in a step. */
function fieldsRead(step: Step): string[] {
  const read = new Set<string>();
  const watched = new Proxy(step, {
    getOwnPropertyDescriptor(target, name) {
      read.add(String(name));
      return Reflect.getOwnPropertyDescriptor(target, name);
    },
  });
  const [preprocess, postprocess] = AFTER.includes(step.op)
    ? [[{ op: 'image' }], [watched]]
    : [inPipeline(watched), []];
  readPipeline(reader({ preprocess, postprocess }));
  read.delete('op');
  return [...read];
}
