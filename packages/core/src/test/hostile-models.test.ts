import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { graphInput, graphOutput, initializer, model, node } from '@perigee/registry/onnx';
import { loadModel, PerigeeError } from 'perigee';
import type { LoadModelOptions } from 'perigee';
import { seededRandom } from '@perigee/profile/analysis';
import { expect, test } from 'vitest';

const MODEL = fileURLToPath(new URL('../../../../e2e/models/two-layers.onnx', import.meta.url));
/** Number of damaged files; `PERIGEE_HOSTILE=400` for a campaign. */
const DAMAGED = Number(process.env['PERIGEE_HOSTILE'] ?? 24);
/** The time limit of a test. Only a test that hangs takes this long, on a busy machine, too. */
const DEADLINE_MS = 120_000;

/**
 * Opens the file and runs it if it opens. Any result except an answer or a PerigeeError is a
 * failure, and so is a hang.
 */
async function attempt(bytes: Uint8Array, options: LoadModelOptions = {}): Promise<string> {
  try {
    const model = await loadModel(bytes, {
      backend: 'wasm',
      threads: 1,
      signal: AbortSignal.timeout(DEADLINE_MS),
      ...options,
    });
    try {
      const feeds = Object.fromEntries(
        model.signature.inputs.map(({ name, dtype, shape }) => {
          const sizes = shape.map((size) => (typeof size === 'number' ? size : 1));
          return [
            name,
            {
              dtype,
              shape: sizes,
              data: new Float32Array(
                Math.min(
                  2 ** 20,
                  sizes.reduce((a, b) => a * b, 1),
                ),
              ),
            } as never,
          ];
        }),
      );
      await model.run(feeds, { timeoutMs: DEADLINE_MS });
      return 'answered';
    } finally {
      await model.dispose();
    }
  } catch (error) {
    expect(error).toBeInstanceOf(PerigeeError);
    expect((error as Error).message.length).toBeGreaterThan(20);
    return (error as PerigeeError).code;
  }
}

/** A model from x to y, each of one number. */
function modelOf(graph: readonly Uint8Array[]): Uint8Array {
  const io = [graphInput('x', 'float32', [1]), graphOutput('y', 'float32', [1])];
  return model([...graph, ...io], { opsets: { '': 13 } });
}

test('a written model runs, so the cases below fail because of their content', async () => {
  expect(await attempt(modelOf([node('Relu', ['x'], ['y'])]))).toBe('answered');
});

test.each([
  ['nothing', new Uint8Array(0), /empty/],
  ['a page', new TextEncoder().encode('<!doctype html><title>404</title>'), /HTML page/],
  [
    'a pointer to a large file',
    new TextEncoder().encode('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n'),
    /Git LFS/,
  ],
  ['zeros', new Uint8Array(4_096), /model\.onnx/],
  ['an operator nobody has', modelOf([node('Frobnicate', ['x'], ['y'])]), /Frobnicate/],
  ['a node that needs itself', modelOf([node('Relu', ['y'], ['y'])]), /model\.onnx/],
  ['an input nobody makes', modelOf([node('Add', ['x', 'ghost'], ['y'])]), /ghost/],
  // A tensor of 2^50 values without data.
  [
    'a claim of petabytes',
    modelOf([
      node('Add', ['x', 'w'], ['y']),
      initializer('w', { dtype: 'float32', shape: [2 ** 50], data: [] }),
    ]),
    /model\.onnx|memory/,
  ],
])(
  '%s ends in an error that says so',
  async (_what, bytes, says) => {
    const error = await loadModel(bytes, {
      backend: 'wasm',
      threads: 1,
      signal: AbortSignal.timeout(DEADLINE_MS),
    }).then(
      () => null,
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(PerigeeError);
    expect((error as Error).message).toMatch(says);
  },
  DEADLINE_MS + 5_000,
);

test(
  'a graph of many thousand nodes is opened',
  async () => {
    const count = 30_000;
    const nodes = Array.from({ length: count }, (_, i) =>
      node('Neg', [i === 0 ? 'x' : `t${i}`], [i === count - 1 ? 'y' : `t${i + 1}`]),
    );
    expect(await attempt(modelOf(nodes))).toBe('answered');
  },
  2 * DEADLINE_MS,
);

test(
  'a load that takes too long is ended by its signal',
  async () => {
    const count = 200_000;
    const nodes = Array.from({ length: count }, (_, i) =>
      node('Neg', [i === 0 ? 'x' : `t${i}`], [i === count - 1 ? 'y' : `t${i + 1}`]),
    );
    await expect(
      loadModel(modelOf(nodes), {
        backend: 'wasm',
        threads: 1,
        signal: AbortSignal.timeout(1_000),
      }),
    ).rejects.toMatchObject({ name: 'TimeoutError' });
  },
  DEADLINE_MS,
);

test(
  `${DAMAGED} damaged files each give an answer or a PerigeeError`,
  async () => {
    const whole = new Uint8Array(await readFile(MODEL));
    const next = seededRandom(11);
    const outcomes: string[] = [];
    for (let run = 0; run < DAMAGED; run += 1) {
      const damaged = whole.slice(
        0,
        run % 3 === 0 ? Math.floor(next() * whole.length) : whole.length,
      );
      // Half of the flips hit the structure, in the first and last bytes.
      const flips = run % 3 === 0 ? 0 : 1 + (run % 4);
      for (let flip = 0; flip < flips; flip += 1)
        damaged[Math.floor(next() < 0.5 ? next() * 200 : whole.length - 1 - next() * 200)]! ^=
          1 << Math.floor(next() * 8);
      outcomes.push(await attempt(damaged));
    }
    expect(new Set(outcomes).size).toBeGreaterThan(1);
  },
  DAMAGED * 5_000 + DEADLINE_MS,
);
