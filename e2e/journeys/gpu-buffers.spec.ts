import { expect, test } from '@playwright/test';
import type { Browser, Worker } from '@playwright/test';
import { fileURLToPath } from 'node:url';
import type { Model } from 'perigee';
import { openLab } from '../support/lab.ts';
import type { OpenLab } from '../support/lab.ts';
import { isInferenceWorker, prefixScript } from '../support/worker-script.ts';

const MODELS = fileURLToPath(new URL('../models', import.meta.url));

/**
 * A worker's GPU activity since the last call of seen(). `fault` is injected into the next
 * read-back.
 */
interface Seen {
  created: string[];
  destroyed: string[];
  written: string[];
  mappedBytes: number[];
  /** Buffers that each upload an input, as ONNX Runtime makes them. */
  uploads: number;
  /** Bytes of those buffers, and of those that upload weights. */
  uploadedBytes: number;
  fault: 'none' | 'lose the device' | 'fail to map' | 'refuse the copy';
}

function watchBuffers(): void {
  interface Buffer {
    label: string;
    size: number;
  }
  interface Native {
    prototype: Record<string, (this: unknown, ...args: unknown[]) => unknown>;
  }
  const { GPUDevice, GPUBuffer, GPUQueue, GPUCommandEncoder } = globalThis as unknown as Record<
    string,
    Native
  >;
  const seen: Seen = {
    created: [],
    destroyed: [],
    written: [],
    mappedBytes: [],
    uploads: 0,
    uploadedBytes: 0,
    fault: 'none',
  };
  Object.assign(globalThis, { seen });
  let device: { destroy(): void } | undefined;
  const isOurs = (value: unknown): value is Buffer =>
    (value as Buffer).label.startsWith('perigee: ');
  const before = (
    native: Native | undefined,
    name: string,
    look: (self: unknown, args: unknown[]) => unknown,
  ): void => {
    const original = native!.prototype[name]!;
    native!.prototype[name] = function (...args) {
      return look(this, args) ?? original.apply(this, args);
    };
  };
  before(GPUDevice, 'createBuffer', (self, [descriptor]) => {
    device = self as { destroy(): void };
    const {
      label = '',
      size = 0,
      mappedAtCreation,
    } = descriptor as {
      label?: string;
      size?: number;
      mappedAtCreation?: boolean;
    };
    if (label.startsWith('perigee: ')) seen.created.push(label);
    if (mappedAtCreation) {
      seen.uploads += 1;
      seen.uploadedBytes += size;
    }
  });
  before(GPUBuffer, 'destroy', (self) => {
    if (!isOurs(self)) return;
    seen.destroyed.push(self.label);
  });
  before(GPUQueue, 'writeBuffer', (_, [buffer]) => {
    if (isOurs(buffer)) seen.written.push(buffer.label);
  });
  before(GPUBuffer, 'mapAsync', (self, [, , size]) => {
    seen.mappedBytes.push((size as number | undefined) ?? (self as Buffer).size);
    const { fault } = seen;
    if (!isOurs(self) || fault === 'none') return undefined;
    seen.fault = 'none';
    if (fault === 'lose the device') device?.destroy();
    return fault === 'fail to map'
      ? Promise.reject(new DOMException('a map that failed', 'OperationError'))
      : undefined;
  });
  before(GPUCommandEncoder, 'copyBufferToBuffer', (_, args) => {
    if (seen.fault === 'refuse the copy' && (args[2] as Buffer).label === 'perigee: read back')
      args[3] = 2 ** 30;
  });
}

interface GpuLab extends OpenLab {
  /** Returns the newest worker's activity and resets it. `fault` is injected next. */
  seen(fault?: Seen['fault']): Promise<Seen>;
}

async function openGpuLab(browser: Browser): Promise<GpuLab> {
  const lab = await openLab(browser, { models: MODELS });
  test.skip(
    !(await lab.page.evaluate(async () =>
      Boolean(
        await (
          navigator as unknown as { gpu?: { requestAdapter(): Promise<unknown> } }
        ).gpu?.requestAdapter(),
      ),
    )),
    'this browser has no WebGPU adapter',
  );
  lab.host.tamper(isInferenceWorker, prefixScript(watchBuffers));
  const workers: Worker[] = [];
  lab.page.on('worker', (worker) => workers.push(worker));
  return {
    ...lab,
    seen: (fault = 'none') =>
      workers.at(-1)!.evaluate((fault) => {
        const { seen } = globalThis as unknown as { seen: Seen };
        const before = structuredClone(seen);
        Object.assign(seen, {
          created: [],
          destroyed: [],
          written: [],
          mappedBytes: [],
          uploads: 0,
          uploadedBytes: 0,
          fault,
        });
        return before;
      }, fault),
  };
}

/** Loads the model into the page's `model`. */
function load(
  lab: OpenLab,
  file = 'fixed-size',
  backend: 'webgpu' | 'wasm' = 'webgpu',
): Promise<void> {
  return lab.page.evaluate(
    async ({ file, backend }) => {
      const model = await globalThis.lab.loadModel(`/models/${file}.onnx`, { backend, threads: 1 });
      Object.assign(globalThis, {
        model,
        image: (seed: number) =>
          Float32Array.from({ length: 28 * 28 }, (_, i) => Math.sin(i * (seed + 1))),
      });
    },
    { file, backend },
  );
}

type Loaded = {
  model: Awaited<ReturnType<typeof globalThis.lab.loadModel>>;
  image(seed: number): Float32Array;
};

/** All scores of one image, or the code of the error. */
function scores(lab: OpenLab, seed: number): Promise<number[] | string> {
  return lab.page.evaluate(async (seed) => {
    const { model, image } = globalThis as unknown as Loaded;
    return model.predict(image(seed)).then(
      ({ outputs }) => [...(outputs['scores']!.data as Float32Array)],
      ({ code }: { code: string }) => code,
    );
  }, seed);
}

function expectClose(got: number[] | string, expected: number[] | string): void {
  expect(got).toHaveLength(expected.length);
  // One assertion, because thousands of them take minutes.
  expect(
    Math.max(...(got as number[]).map((value, i) => Math.abs(value - (expected[i] as number)))),
  ).toBeLessThan(1e-4);
}

test('a model of one size keeps its buffers on the GPU, and answers 20 inputs as wasm does', async ({
  browser,
}) => {
  const lab = await openGpuLab(browser);
  await load(lab);
  const { created } = await lab.seen();
  expect(created).toEqual([
    'perigee: image',
    'perigee: scores',
    'perigee: features',
    'perigee: read back',
  ]);
  const { gpu, wasm } = await lab.page.evaluate(async () => {
    const { model, image } = globalThis as unknown as Loaded;
    const images = Array.from({ length: 20 }, (_, seed) => image(seed));
    const wasm = await globalThis.lab.loadModel('/models/fixed-size.onnx', {
      backend: 'wasm',
      threads: 1,
    });
    const answers = (of: typeof model) =>
      Promise.all(
        images.map(async (one) =>
          Object.values((await of.predict(one)).outputs).map(({ data }) => [
            ...(data as Float32Array),
          ]),
        ),
      );
    const gpu = await answers(model);
    const result = { gpu, wasm: await answers(wasm) };
    await wasm.dispose();
    return result;
  });
  gpu.forEach((outputs, i) => outputs.forEach((values, j) => expectClose(values, wasm[i]![j]!)));
  expect(new Set(gpu.map(([first]) => first!.join())).size).toBe(20);
  await lab.close();
});

test('inputs are written into the buffers there are, and only the outputs asked for leave the GPU', async ({
  browser,
}) => {
  const lab = await openGpuLab(browser);
  await load(lab);
  await scores(lab, 0);
  await lab.seen();
  const names = await lab.page.evaluate(async () => {
    const { model, image } = globalThis as unknown as Loaded;
    const feeds = { image: { dtype: 'float32' as const, shape: [1, 1, 28, 28], data: image(1) } };
    return [
      Object.keys(await model.run(feeds, { outputs: ['scores'] })),
      Object.keys(await model.run(feeds, { outputs: ['features'] })),
      Object.keys(await model.run(feeds)),
    ];
  });
  expect(names).toEqual([['scores'], ['features'], ['scores', 'features']]);
  expect(await lab.seen()).toMatchObject({
    created: [],
    uploads: 0,
    written: ['perigee: image', 'perigee: image', 'perigee: image'],
    mappedBytes: [32, 25_088, 25_120],
  });
  await lab.close();
});

test('bool, int32, uint32 and sizes of odd bytes come back as wasm computes them', async ({
  browser,
}) => {
  const lab = await openGpuLab(browser);
  const answers = (): Promise<unknown> =>
    lab.page.evaluate(async () => {
      const { model } = globalThis as unknown as Loaded;
      const result = [];
      for (const k of [0, 1]) {
        const outputs = await model.run({
          x: { dtype: 'float32', shape: [5], data: Float32Array.of(4, 3.5, k, 0.25, 7) },
          mask: { dtype: 'bool', shape: [5], data: Uint8Array.of(1, 0, k, 1, 1) },
          count: { dtype: 'int32', shape: [], data: Int32Array.of(-3 - k) },
        });
        result.push(
          Object.entries(outputs).map(([name, { dtype, shape, data }]) => ({
            name,
            dtype,
            shape,
            kind: data.constructor.name,
            data: [...(data as Uint8Array)],
          })),
        );
      }
      return result;
    });
  await load(lab, 'fixed-types', 'wasm');
  const expected = await answers();
  await load(lab, 'fixed-types');
  expect(await answers()).toEqual(expected);
  expect(await lab.seen()).toMatchObject({
    destroyed: [],
    written: [1, 2].flatMap(() => ['perigee: x', 'perigee: mask', 'perigee: count']),
  });
  await lab.close();
});

test('an output of another shape than the model declares comes as it is, without the buffers', async ({
  browser,
}) => {
  const lab = await openGpuLab(browser);
  await load(lab, 'wrong-shape');
  const shapes = await lab.page.evaluate(async () => {
    const { model } = globalThis as unknown as Loaded;
    const run = async (shape: number[]) => {
      const { y } = await model.run({
        x: { dtype: 'float32', shape: [4], data: Float32Array.of(1, 2, 3, 4) },
        shape: { dtype: 'float32', shape: [2], data: Float32Array.from(shape) },
      });
      return { shape: y!.shape, data: [...(y!.data as Float32Array)] };
    };
    return [await run([2, 2]), await run([4, 1]), await run([1, 4])];
  });
  expect(shapes).toEqual(
    [
      [2, 2],
      [4, 1],
      [1, 4],
    ].map((shape) => ({ shape, data: [1, 2, 3, 4] })),
  );
  await lab.close();
});

test('a model with a free dimension has no such buffers', async ({ browser }) => {
  const lab = await openGpuLab(browser);
  await load(lab, 'two-layers');
  await lab.page.evaluate(() =>
    (globalThis as unknown as Loaded).model.predict(new Float32Array(64)),
  );
  expect(await lab.seen()).toMatchObject({ created: [], written: [] });
  await lab.close();
});

test('a device lost while outputs are read back never answers; the call is made again', async ({
  browser,
}) => {
  const lab = await openGpuLab(browser);
  await load(lab);
  const before = await scores(lab, 3);
  await lab.seen('lose the device');
  expectClose(await scores(lab, 3), before);
  // The first worker is gone with its device. This one has buffers of its own.
  expect((await lab.seen()).created).toContain('perigee: read back');
  await lab.close();
});

test('a read-back that fails is an error and no earlier answer, and the next call is answered', async ({
  browser,
}) => {
  const lab = await openGpuLab(browser);
  await load(lab);
  const before = await scores(lab, 4);
  for (const fault of ['fail to map', 'refuse the copy'] as const) {
    await lab.seen(fault);
    expect(await scores(lab, 5)).toBe('INFERENCE_FAILED');
    await lab.seen();
    expectClose(await scores(lab, 4), before);
  }
  await lab.close();
});

test('weights are uploaded when the model is opened, and not by calls of any batch size', async ({
  browser,
}) => {
  const lab = await openGpuLab(browser);
  await load(lab, 'two-layers');
  const { uploadedBytes: atOpening } = await lab.seen();
  expect(atOpening).toBeGreaterThan(4_096);
  for (const batch of [1, 2, 1, 4]) {
    await lab.page.evaluate(async (rows) => {
      const { model } = globalThis as unknown as { model: Model };
      const [{ name }] = model.signature.inputs as unknown as [{ name: string }];
      const data = new Float32Array(rows * 64).fill(0.5);
      await model.run({ [name]: { dtype: 'float32', shape: [rows, 64], data } });
    }, batch);
    const { uploadedBytes } = await lab.seen();
    expect(uploadedBytes).toBeLessThanOrEqual(batch * 64 * 4);
  }
  await lab.close();
});
