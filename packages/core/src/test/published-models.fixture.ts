import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createPerigee } from 'perigee';
import type { Perigee, PerigeeConfig } from 'perigee';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { publishDemoModels } from '../../../../scripts/demo-registry.mjs';

export const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
export const run = promisify(execFile);

/** Input of the model wdbc. */
export const row = Array.from({ length: 30 }, (_, i) => i);

export interface PublishedModels {
  /** A temporary folder, with the registry, its `keys`, and what tests put beside it. */
  folder: string;
  registry: string;
}

/** Publishes the demo's models to a temporary folder before the tests of a file. */
export function publishModels(): PublishedModels {
  const published = { folder: '', registry: '' };
  beforeAll(async () => {
    published.folder = await mkdtemp(join(tmpdir(), 'perigee-node-'));
    published.registry = join(published.folder, 'registry');
    await publishDemoModels(published.registry, join(published.folder, 'keys'));
  });
  afterAll(() => rm(published.folder, { recursive: true, force: true }));
  return published;
}

/** A Perigee that is disposed after the test. */
export function client(config: PerigeeConfig): Perigee {
  const perigee = createPerigee(config);
  onTestFinished(() => perigee.dispose());
  return perigee;
}
