import { expect, test } from 'vitest';
import type { Engine, EngineFiles, EngineSession } from '../engines/engine.ts';
import { engineTable } from '../engines/load-engine.ts';
import { WASM_OPTIONS } from './open-options.fixture.ts';
import { openSession } from './open-session.ts';

async function lengthsAfter(facts: Pick<Engine, 'copiesFiles'>): Promise<number[]> {
  let seen: EngineFiles | undefined;
  const session: EngineSession = {
    signature: { inputs: [], outputs: [] },
    threads: 1,
    run: async () => ({}),
    dispose: async () => undefined,
  };
  const engine: Engine = {
    ...facts,
    prepare: async () => undefined,
    create: async (files) => ((seen = files), session),
  };
  const engines = engineTable([
    { name: 'onnx', entry: /\.onnx$/, backends: ['wasm'], load: async () => engine },
  ]);
  await openSession(engines, {
    source: {
      kind: 'files',
      files: { 'model.onnx': new Blob(['four']), 'weights.bin': new Blob(['two']) },
    },
    options: WASM_OPTIONS,
    store: null,
    onProgress: null,
  });
  return Object.values(seen?.files ?? {}).map(({ byteLength }) => byteLength);
}

test('the bytes of an open model are freed if the session copied them, and only then', async () => {
  expect(await lengthsAfter({ copiesFiles: true })).toEqual([0, 0]);
  expect(await lengthsAfter({})).toEqual([4, 3]);
});
