import { fileURLToPath } from 'node:url';
import { loadModel } from 'perigee';
import type { Model, Prediction } from 'perigee';
import { expect, onTestFinished, test } from 'vitest';

async function load(path: string): Promise<Model> {
  const file = fileURLToPath(new URL(`../../../../e2e/${path}.onnx`, import.meta.url));
  const model = await loadModel(file, { backend: 'wasm', threads: 1 });
  onTestFinished(() => model.dispose());
  return model;
}

const firstOf = ({ outputs }: Prediction): number[] => [
  ...(Object.values(outputs)[0]!.data as Float32Array),
];

test.each([
  ['models/mixes-rows', 4],
  ['cases/models/dynquant-large', 512],
])('%s: after equal warm-ups each call gets what it gets alone', async (path, width) => {
  const model = await load(path);
  await Promise.all([
    model.predict(new Float32Array(width)),
    model.predict(new Float32Array(width)),
  ]);
  const inputs = [0.01, 500, -3, 7].map((size) =>
    Float32Array.from({ length: width }, (_, i) => size * Math.sin(i + 1)),
  );
  const alone: number[][] = [];
  for (const input of inputs) alone.push(firstOf(await model.predict(input)));
  const together = (await Promise.all(inputs.map((input) => model.predict(input)))).map(firstOf);
  expect(together).toEqual(alone);
});
