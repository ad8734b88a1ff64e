import { fileURLToPath } from 'node:url';
import * as native from 'onnxruntime-node';
import * as web from 'onnxruntime-web';
import { loadModel } from 'perigee';
import { expect, onTestFinished, test } from 'vitest';
import { readModel } from '../pack/read-files.ts';
import { convertWeights } from './convert-weights.ts';

const MODEL = fileURLToPath(new URL('../../../../e2e/models/two-layers.onnx', import.meta.url));
const WIDTH = 64;
/**
 * The second row is far outside the range of the others. If all rows were quantised together, its
 * range would apply to all.
 */
const INPUTS = [1, 400, -0.5, 0.02].map((size) =>
  Float32Array.from({ length: WIDTH }, (_, i) => size * Math.sin(i + 1)),
);

/** The runtime's own output for each row alone. */
async function alone(bytes: Uint8Array, backend: 'native' | 'wasm'): Promise<number[][]> {
  const [ort, options] =
    backend === 'native'
      ? [native, { extra: { session: { x64quantprecision: '1' } } }]
      : [web, { executionProviders: ['wasm'] }];
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3, ...options });
  const answers: number[][] = [];
  for (const input of INPUTS) {
    const { y } = await session.run({ x: new ort.Tensor('float32', input, [1, WIDTH]) });
    answers.push(Array.from(y?.data as Float32Array));
  }
  await session.release();
  return answers;
}

test.each(['native', 'wasm'] as const)(
  'rows of an int8-dynamic variant are never quantised by another caller, on %s',
  async (backend) => {
    const { entry, files } = convertWeights(await readModel(MODEL), 'int8-dynamic');
    const bytes = files.get(entry) ?? new Uint8Array(0);
    const model = await loadModel(new Uint8Array(bytes), { backend, threads: 1 });
    onTestFinished(() => model.dispose());
    // Warm-up calls often have equal rows, which hide a dependence between rows.
    const zeros = new Float32Array(WIDTH);
    await Promise.all([model.predict(zeros), model.predict(zeros)]);
    const answers = await Promise.all(INPUTS.map((input) => model.predict(input)));
    const expected = await alone(bytes, backend);
    answers.forEach(({ outputs }, i) =>
      Array.from(outputs['y']?.data as Float32Array).forEach((value, j) =>
        expect(value).toBeCloseTo(expected[i]?.[j] ?? NaN, 5),
      ),
    );
  },
);
