import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { loadModel } from 'perigee';
import type { Model } from 'perigee';
import { expect, onTestFinished, test } from 'vitest';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

async function rows(path: string): Promise<string[][]> {
  const [, ...lines] = (await readFile(at(path), 'utf8')).trim().split('\n');
  return lines.map((line) => line.split(','));
}

async function open(path: string): Promise<Model> {
  const model = await loadModel(at(path), { backend: 'wasm' });
  onTestFinished(() => model.dispose());
  return model;
}

/** Index of the largest of each row's scores. */
async function classify(
  model: Model,
  input: string,
  data: Float32Array,
  shape: number[],
): Promise<number[]> {
  const { logits } = await model.run({ [input]: { dtype: 'float32', shape, data } });
  const classes = logits!.shape[1]!;
  return Array.from({ length: shape[0]! }, (_, i) => {
    const scores = (logits!.data as Float32Array).subarray(i * classes, (i + 1) * classes);
    return scores.indexOf(Math.max(...scores));
  });
}

test.each([
  ['1.0.0', 358],
  ['1.1.0', 357],
  ['1.1.1', 357],
])('digits %s reads %i of the 359 held-out digits, as its card says', async (version, right) => {
  const heldOut = (await rows('digits/data/digits.csv')).filter((row) => row[65] === 'test');
  expect(heldOut).toHaveLength(359);
  const model = await open(`digits/versions/${version}/model.onnx`);
  const answers = await classify(
    model,
    'image',
    Float32Array.from(
      heldOut.flatMap((row) => row.slice(0, 64).map((value) => Number(value) / 16)),
    ),
    [359, 1, 8, 8],
  );
  const correct = answers.filter((answer, i) => String(answer) === heldOut[i]![64]).length;
  expect(correct).toBe(right);
  expect(correct / 359).toBeGreaterThanOrEqual(0.98);
});

test.each([
  ['wdbc', 111, 113],
  ['wine', 44, 45],
])(
  '%s answers %i of its %i held-out rows right, as its card says',
  async (name, right, rowCount) => {
    const heldOut = (await rows(`${name}/data/${name}.csv`)).filter((row) => row.at(-1) === 'test');
    expect(heldOut).toHaveLength(rowCount);
    const labels = JSON.parse(await readFile(at(`${name}/labels.json`), 'utf8')) as string[];
    const pipeline = JSON.parse(await readFile(at(`${name}/pipeline.json`), 'utf8')) as {
      preprocess: [unknown, { mean: number[]; std: number[] }];
    };
    const [, { mean, std }] = pipeline.preprocess;
    const model = await open(`${name}/versions/1.0.0/model.onnx`);
    const answers = await classify(
      model,
      'features',
      Float32Array.from(
        heldOut.flatMap((row) => mean.map((center, i) => (Number(row[i]) - center) / std[i]!)),
      ),
      [rowCount, mean.length],
    );
    expect(answers.filter((answer, i) => labels[answer] === heldOut[i]!.at(-2))).toHaveLength(
      right,
    );
  },
);
