import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LIMITS } from '../../packages/registry/src/manifest/limits.ts';
import { ROOT } from '../.vitepress/repository.mjs';

const MIB = 1024 ** 2;
const count = (value: number): string => value.toLocaleString('en-US');

test('the page of sizes has the limits of a release that the code has', () => {
  const page = readFileSync(join(ROOT, 'docs/reference/sizes.md'), 'utf8');
  const [, part = ''] = page.split('## Limits of a release');
  const [table = ''] = part.split('\n## ');
  const rows = Array.from(table.matchAll(/^\| (.*?) \| (.*?) \|$/gm), ([, what, value]) => [
    what,
    value,
  ]);
  expect(rows.slice(1)).toEqual([
    ['a file of a model', `${LIMITS.fileBytes / 1024 ** 3} GB`],
    ['a chunk', `${LIMITS.chunkBytes / MIB} MiB`],
    ['files of a variant', count(LIMITS.filesPerVariant)],
    ['chunks of a variant', count(LIMITS.chunksPerVariant)],
    ['variants', count(LIMITS.variants)],
    ['the manifest', `${LIMITS.manifestBytes / MIB} MiB`],
    ['the golden samples', `${LIMITS.goldenBytes / MIB} MiB`],
    ['inputs, or outputs', count(LIMITS.tensors)],
    ['labels', count(LIMITS.labels)],
    ['segments', count(LIMITS.segments)],
    ['steps before the model, and after it', count(LIMITS.steps)],
    ['words of a feature', count(LIMITS.words)],
    ['characters of a word', count(LIMITS.wordLength)],
  ]);
});
