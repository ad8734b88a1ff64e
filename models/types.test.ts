import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeModelTypes } from '@perigee/cli';
import { expect, onTestFinished, test } from 'vitest';
import { publishDemoModels } from '../scripts/demo-registry.mjs';

const DECLARED = join(import.meta.dirname, '../demo/src/models.d.ts');

test('the types that the demo has of its models are those of the registry', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'perigee-demo-types-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await publishDemoModels(folder);
  const { text } = await makeModelTypes([folder], 'public');
  // To write the file again: npx perigee types .perigee/registry --out demo/src/models.d.ts
  expect(await readFile(DECLARED, 'utf8')).toBe(text);
});
