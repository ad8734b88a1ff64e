import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pack } from './pack.ts';

interface Graph {
  dense(input: string, from: number, to: number): string;
  finish(inputs: readonly object[], from: string, output: object): { readonly bytes: Uint8Array };
}

const graphs = new URL('../../../../bench/models/graph.mjs', import.meta.url);
let graph: (seed: number) => Graph;
let folder = '';
beforeAll(async () => {
  ({ graph } = (await import(graphs.href)) as { graph: (seed: number) => Graph });
  folder = await mkdtemp(join(tmpdir(), 'perigee-watched-'));
  const rows = Array.from({ length: 60 }, (_, i) => `${Math.sin(i)},${Math.cos(i)}`);
  await writeFile(join(folder, 'train.csv'), `a,b\n${rows.join('\n')}\n`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const tabular = { op: 'tabular', features: ['a', 'b'] };

/** Packs a dense layer with `outputs` numbers per row and a reference, and returns the notes. */
async function notesOf(
  outputs: number,
  postprocess: readonly object[] = [],
  labels?: string,
): Promise<readonly string[]> {
  const g = graph(5);
  const float = (name: string, width: number) => ({
    name,
    shape: ['batch', width],
    dtype: 'float32',
  });
  const model = g.finish(
    [float('input', 2)],
    g.dense('input', 2, outputs),
    float('output', outputs),
  );
  await writeFile(join(folder, 'model.onnx'), model.bytes);
  await writeFile(
    join(folder, 'pipeline.json'),
    JSON.stringify({ preprocess: [tabular], postprocess }),
  );
  const release = await pack(
    {
      model: join(folder, 'model.onnx'),
      name: 'many',
      version: '1.0.0',
      goldenCount: 1,
      pipeline: join(folder, 'pipeline.json'),
      reference: join(folder, 'train.csv'),
      ...(labels !== undefined && { labels }),
    },
    () => undefined,
  );
  return release.notes;
}

test('packing says which answers the collector will not watch', async () => {
  expect(await notesOf(3)).toContainEqual(
    expect.stringContaining('The answers of this model are not watched'),
  );
  expect(await notesOf(3, [{ op: 'sigmoid' }, { op: 'top-k', k: 1 }], 'x,y,z')).toContain(
    'Several labels may hold at once; the collector watches the one with the highest score.',
  );
  expect(await notesOf(1)).toEqual([]);
});
