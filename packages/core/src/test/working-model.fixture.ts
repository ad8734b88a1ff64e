import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Signature } from '@perigee/registry';
import { oneNodeModel } from '../engines/instant/onnx.fixture.ts';

/** A working model with the parts of its manifest. */
export interface WorkingModel {
  readonly parts: readonly Uint8Array[];
  readonly contract: { readonly signature: Signature; readonly golden: object };
}

/**
 * A model whose `y0` is `factor` times the sum of `x0`, a row of `size` numbers. The file has 4
 * bytes for each number.
 */
export function sumModel(factor: number, size = 4): WorkingModel {
  const weights = new Float32Array(size).fill(factor);
  const row = {
    dtype: 'float32',
    shape: [1, size],
    data: Array.from({ length: size }, () => 1),
  } as const;
  const { bytes } = oneNodeModel({
    op: 'MatMul',
    inputs: [
      { dtype: 'float32', shape: row.shape, data: Float32Array.from(row.data) },
      { dtype: 'float32', shape: [size, 1], data: weights },
    ],
    constants: [1],
    outputs: [['float32', 2]],
  });
  const answer = { dtype: 'float32', shape: [1, 1], data: [factor * size] };
  return {
    parts: [bytes],
    contract: {
      signature: {
        inputs: [{ name: 'x0', dtype: 'float32', shape: [1, size] }],
        outputs: [{ name: 'y0', dtype: 'float32', shape: [1, 1] }],
      },
      golden: {
        schema: 'perigee-golden/1',
        samples: [{ id: 'ones', feeds: { x0: row }, outputs: { y0: answer } }],
      },
    },
  };
}

/** A model that adds 1 to `x` `rounds` times, so that a call takes as long as a test needs. */
export async function loopModel(): Promise<WorkingModel> {
  const bytes = await readFile(
    fileURLToPath(new URL('../../../../e2e/models/loop.onnx', import.meta.url)),
  );
  const tensor = (value: number) => ({ dtype: 'float32', shape: [1], data: [value] });
  const feeds = { x: tensor(1), rounds: { dtype: 'int64', shape: [], data: ['1'] } };
  return {
    parts: [new Uint8Array(bytes)],
    contract: {
      signature: {
        inputs: [
          { name: 'x', dtype: 'float32', shape: ['batch'] },
          { name: 'rounds', dtype: 'int64', shape: [] },
        ],
        outputs: [{ name: 'y', dtype: 'float32', shape: ['batch'] }],
      },
      golden: {
        schema: 'perigee-golden/1',
        samples: [{ id: 'one', feeds, outputs: { y: tensor(2) } }],
      },
    },
  };
}
