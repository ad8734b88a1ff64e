import { expect, test } from '@playwright/test';
import { fileURLToPath } from 'node:url';
import { openLab } from '../support/lab.ts';

const MODELS = fileURLToPath(new URL('../models', import.meta.url));

test('a TensorFlow.js model gives the same numbers on every backend, by URL and by Files', async ({
  browser,
}) => {
  const lab = await openLab(browser, { models: MODELS });
  const answers = await lab.page.evaluate(async () => {
    const image = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i));
    const names = ['model.json', 'group1-shard1of2.bin', 'group1-shard2of2.bin'];
    const files = await Promise.all(
      names.map(
        async (name) => new File([await (await fetch(`/models/tfjs-net/${name}`)).blob()], name),
      ),
    );
    const result: {
      source: string;
      backend: string;
      engine: string;
      outputs: number[] | string;
    }[] = [];
    for (const [source, where] of [
      ['url', '/models/tfjs-net/model.json'],
      ['files', files],
    ] as const) {
      for (const backend of source === 'url'
        ? (['cpu', 'wasm', 'webgl', 'webgpu'] as const)
        : (['wasm'] as const)) {
        try {
          const model = await globalThis.lab.loadModel(where, { backend });
          const { outputs } = await model.predict({ image });
          result.push({
            source,
            backend: model.backend,
            engine: model.engine,
            outputs: [...(outputs['scores']!.data as Float32Array)],
          });
          await model.dispose();
        } catch (error) {
          result.push({ source, backend, engine: 'none', outputs: (error as Error).message });
        }
      }
    }
    return result;
  });
  const reference = answers[0]!.outputs as number[];
  expect(reference.reduce((sum, score) => sum + score, 0)).toBeCloseTo(1, 5);
  for (const { backend, engine, outputs } of answers) {
    // A machine without any GPU interface cannot test these backends.
    if (typeof outputs === 'string' && /did not start/.test(outputs) && /webg/.test(backend))
      continue;
    expect([backend, engine, typeof outputs === 'string' ? outputs : 'numbers']).toEqual([
      backend,
      'tfjs',
      'numbers',
    ]);
    (outputs as number[]).forEach((score, i) => expect(score).toBeCloseTo(reference[i]!, 3));
  }
  expect(
    answers.filter(({ outputs }) => typeof outputs !== 'string').length,
  ).toBeGreaterThanOrEqual(3);
  await lab.close();
});

test('nobody downloads TensorFlow.js who has no model of it', async ({ browser }) => {
  const lab = await openLab(browser, { models: MODELS });
  const load = (url: string) =>
    lab.page.evaluate(
      async (path) => void (await globalThis.lab.loadModel(path, { backend: 'wasm' })),
      url,
    );
  const scripts = (): string[] => lab.host.requests.filter((path) => path.includes('tfjs'));
  await load('/models/two-layers.onnx');
  expect(scripts()).toEqual([]);
  await load('/models/tfjs-net/model.json');
  expect(scripts().length).toBeGreaterThan(0);
  await lab.close();
});
