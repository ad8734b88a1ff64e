import { expect, test } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { openLab, visitLab } from '../support/lab.ts';

const MODELS = fileURLToPath(new URL('../../models', import.meta.url));
const WDBC = '/models/wdbc/versions/1.0.0/model.onnx';

test('a bare .onnx file is loaded by URL and answers', async ({ browser }) => {
  const lab = await openLab(browser, { models: MODELS });
  const answer = await lab.page.evaluate(async (url) => {
    const model = await globalThis.lab.loadModel(url);
    const { output, timing } = await model.predict({ features: new Float32Array(30) });
    const result = {
      signature: model.signature,
      backend: model.backend,
      shape: 'shape' in output ? output.shape : null,
      totalMs: timing.totalMs,
    };
    await model.dispose();
    return result;
  }, WDBC);
  expect(answer.signature.inputs).toEqual([
    { name: 'features', dtype: 'float32', shape: ['batch', 30] },
  ]);
  // The model is small enough for plain JavaScript.
  expect(answer.backend).toBe('cpu');
  expect(answer.shape).toEqual([1, 2]);
  expect(answer.totalMs).toBeGreaterThan(0);
  await lab.close();
});

test('bytes give the same numbers as the URL, and the caller keeps its array', async ({
  browser,
}) => {
  const lab = await openLab(browser, { models: MODELS });
  const bytes = [...(await readFile(`${MODELS}/wdbc/versions/1.0.0/model.onnx`))];
  const [same, kept] = await lab.page.evaluate(
    async ({ url, bytes }) => {
      const file = new Uint8Array(bytes);
      const input = Float32Array.from({ length: 30 }, (_, i) => Math.sin(i));
      const outputs: number[][] = [];
      for (const source of [url, file]) {
        const model = await globalThis.lab.loadModel(source);
        const { outputs: tensors } = await model.predict({ features: input });
        outputs.push([...(tensors['logits']!.data as Float32Array)]);
        await model.dispose();
      }
      return [
        JSON.stringify(outputs[0]) === JSON.stringify(outputs[1]),
        input.length === 30 && file.length > 0,
      ] as const;
    },
    { url: WDBC, bytes },
  );
  expect(same).toBe(true);
  expect(kept).toBe(true);
  await lab.close();
});

for (const isolated of [true, false]) {
  const kind = isolated ? 'cross-origin isolated' : 'not isolated';
  const threadCount = isolated ? 'two threads' : 'one thread';
  test(`a page that is ${kind} runs wasm on ${threadCount}; doctor() says what is degraded`, async ({
    browser,
  }) => {
    const lab = await openLab(browser, { models: MODELS, isolated });
    const { threads, workers } = await lab.page.evaluate(async (url) => {
      const model = await globalThis.lab.loadModel(url, { backend: 'wasm', threads: 2 });
      await model.predict({ features: new Float32Array(30) });
      return { threads: model.threads, workers: crossOriginIsolated };
    }, WDBC);
    expect(workers).toBe(isolated);
    expect(threads).toBe(isolated ? 2 : 1);
    // `threads` alone is a setting. A thread that was started is a worker of its own, whose script
    // is fetched by the runtime's worker.
    expect(lab.page.workers().length).toBe(isolated ? 2 : 1);

    const { findings, hasGpu } = await lab.page.evaluate(async () => {
      const perigee = globalThis.lab.createPerigee({
        registry: '/registry/',
        telemetry: { url: new URL('/nowhere/', location.href).href, consent: 'required' },
      });
      const found = await perigee.doctor();
      await perigee.dispose();
      const { gpu } = navigator as unknown as {
        gpu?: { requestAdapter(): Promise<{ info: { isFallbackAdapter?: boolean } } | null> };
      };
      const adapter = await gpu?.requestAdapter();
      return { findings: found, hasGpu: adapter && !adapter.info.isFallbackAdapter };
    });
    const gpuFindings = findings.filter(({ id }) => id.startsWith('webgpu'));
    expect(gpuFindings.map(({ severity }) => severity)).toEqual(hasGpu ? [] : ['info']);
    const threadsOff = {
      id: 'threads-off',
      severity: 'warning',
      what: 'wasm runs on one thread.',
      why:
        'The page is served without Cross-Origin-Opener-Policy: same-origin and ' +
        'Cross-Origin-Embedder-Policy: require-corp.',
      remedy:
        'Serve the page with Cross-Origin-Opener-Policy: same-origin and ' +
        'Cross-Origin-Embedder-Policy: require-corp.',
    };
    // The host compresses nothing, the page has no persistent storage, and the user was not asked.
    expect(findings.filter((finding) => !gpuFindings.includes(finding))).toMatchObject([
      ...(isolated ? [] : [threadsOff]),
      {
        id: 'wasm-uncompressed',
        why: expect.stringMatching(
          /^ort-wasm-simd-threaded.*\.wasm is served uncompressed\.$/,
        ) as unknown as string,
      },
      { id: 'storage-not-persisted' },
      { id: 'telemetry-off' },
    ]);
    await lab.close();
  });
}

test('progress begins at 0, ends at 1 and never goes back', async ({ browser }) => {
  const lab = await openLab(browser);
  const seen = await lab.page.evaluate(async () => {
    const reports: { phase: string; fraction: number; loadedBytes: number; totalBytes: number }[] =
      [];
    await globalThis.lab.loadModel('digits', {
      registry: '/registry/',
      onProgress: (report) => reports.push(report),
    });
    return reports;
  });
  expect(seen[0]).toMatchObject({ fraction: 0 });
  expect(seen.at(-1)).toMatchObject({ phase: 'ready', fraction: 1 });
  for (const [i, report] of seen.entries()) {
    const before = seen[Math.max(0, i - 1)]!;
    expect(report.fraction).toBeGreaterThanOrEqual(before.fraction);
    expect(report.loadedBytes).toBeGreaterThanOrEqual(before.loadedBytes);
  }
  expect(seen.at(-1)!.loadedBytes).toBe(seen.at(-1)!.totalBytes);
  expect(seen.at(-1)!.totalBytes).toBeGreaterThan(10_000);
  await lab.close();
});

test('an aborted load rejects with the signal’s reason, and the next one succeeds', async ({
  browser,
}) => {
  const lab = await openLab(browser);
  const result = await lab.page.evaluate(async () => {
    const controller = new AbortController();
    const reason = new Error('changed my mind');
    const load = globalThis.lab.loadModel('digits', {
      registry: '/registry/',
      signal: controller.signal,
      onProgress: ({ phase }) => phase === 'download' && controller.abort(reason),
    });
    const rejected = await load.then(
      () => null,
      (error: unknown) => error === reason,
    );
    const model = await globalThis.lab.loadModel('digits', { registry: '/registry/' });
    return { rejected, version: model.version };
  });
  expect(result).toEqual({ rejected: true, version: '1.0.0' });
  await lab.close();
});

test('an aborted predict rejects with the signal’s reason, and the model goes on answering', async ({
  browser,
}) => {
  const lab = await openLab(browser, { models: MODELS });
  const result = await lab.page.evaluate(async (url) => {
    const model = await globalThis.lab.loadModel(url);
    const controller = new AbortController();
    const input = { features: new Float32Array(30) };
    const call = model.predict(input, { signal: controller.signal });
    controller.abort(new Error('too late'));
    const message = await call.then(
      () => 'answered',
      (error: Error) => error.message,
    );
    const again = await model.predict(input);
    return { message, outputs: Object.keys(again.outputs) };
  }, WDBC);
  expect(result).toEqual({ message: 'too late', outputs: ['logits'] });
  await lab.close();
});

test('a PerigeeError crosses from the worker whole: class, code, details, message', async ({
  browser,
}) => {
  const lab = await openLab(browser, { models: MODELS });
  const error = await lab.page.evaluate(async (url) => {
    const model = await globalThis.lab.loadModel(url);
    try {
      await model.run({
        features: { dtype: 'float32', shape: [1, 29], data: new Float32Array(29) },
      });
      return null;
    } catch (caught) {
      const e = caught as InstanceType<typeof globalThis.lab.PerigeeError>;
      return {
        isPerigeeError: e instanceof globalThis.lab.PerigeeError,
        code: e.code,
        message: e.message,
        retryable: e.retryable,
      };
    }
  }, WDBC);
  expect(error).toMatchObject({ isPerigeeError: true, code: 'INVALID_INPUT', retryable: false });
  expect(error!.message).toContain('features');
  expect(error!.message).toContain('[batch, 30]');
  expect(error!.message).toContain('29');
  await lab.close();
});

test('an HTML page instead of a model is named as such', async ({ browser }) => {
  const lab = await openLab(browser, { models: MODELS });
  const message = await lab.page.evaluate(() =>
    globalThis.lab.loadModel('/index.html?model.onnx').then(
      () => 'loaded',
      (error: Error) => error.message,
    ),
  );
  expect(message).toContain('HTML page');
  const missing = await lab.page.evaluate(() =>
    globalThis.lab.loadModel('/models/none.onnx').then(
      () => 'loaded',
      (error: { code: string }) => error.code,
    ),
  );
  expect(missing).toBe('MODEL_NOT_FOUND');
  await lab.close();
});

test('a second load touches no network', async ({ browser }) => {
  const lab = await openLab(browser);
  await lab.page.evaluate(
    async () =>
      void (await globalThis.lab.loadModel('digits', { registry: '/registry/', update: 'local' })),
  );
  expect(
    lab.host.requests.filter((path) => path.startsWith('/registry/blobs/')).length,
  ).toBeGreaterThan(0);
  lab.host.forget();
  await visitLab(lab.page, lab.host);
  const version = await lab.page.evaluate(
    async () =>
      (await globalThis.lab.loadModel('digits', { registry: '/registry/', update: 'local' }))
        .version,
  );
  expect(version).toBe('1.0.0');
  expect(lab.host.requests.filter((path) => path.startsWith('/registry/'))).toEqual([]);
  await lab.close();
});

test('WebGPU is used when asked for and gives the golden outputs', async ({ browser }) => {
  const lab = await openLab(browser);
  const result = await lab.page.evaluate(async () => {
    const { gpu } = navigator as unknown as { gpu?: { requestAdapter(): Promise<object | null> } };
    if (!(await gpu?.requestAdapter())) return null;
    const model = await globalThis.lab.loadModel('digits', {
      registry: '/registry/',
      backend: 'webgpu',
    });
    return { backend: model.backend, trials: model.trials };
  });
  test.skip(result === null, 'this browser has no WebGPU adapter');
  expect(result!.backend).toBe('webgpu');
  expect(result!.trials).toMatchObject([{ backend: 'webgpu', verdict: 'passed' }]);
  await lab.close();
});

test('what was found about the backends is remembered with the version', async ({ browser }) => {
  const lab = await openLab(browser);
  const load = () =>
    lab.page.evaluate(async () => {
      const model = await globalThis.lab.loadModel('digits', { registry: '/registry/' });
      Object.assign(globalThis, { model });
    });
  const found = () =>
    lab.page.evaluate(() => {
      const { model } = globalThis as unknown as {
        model: Awaited<ReturnType<typeof globalThis.lab.loadModel>>;
      };
      const right = model.trials
        .filter(({ verdict }) => verdict === 'passed')
        .toSorted((a, b) => a.medianMs! - b.medianMs!);
      // WebGPU is judged last: tried, or skipped with its reason.
      return {
        isOver: model.trials.some(({ backend }) => backend === 'webgpu'),
        backend: model.backend,
        fastest: right[0]?.backend,
        close: right
          .filter(({ medianMs }) => medianMs! * 0.9 < right[0]!.medianMs!)
          .map(({ backend }) => backend),
        trials: model.trials,
      };
    });
  await load();
  await expect.poll(async () => (await found()).isOver).toBe(true);
  // A backend must be at least a tenth faster to take over. Of two equally fast backends the first
  // one stays.
  await expect
    .poll(async () => {
      const { backend, close } = await found();
      return close.includes(backend);
    })
    .toBe(true);
  const first = await found();
  await visitLab(lab.page, lab.host);
  await load();
  // The times equal those of the first visit, so nothing was measured again.
  expect(await found()).toEqual(first);
  await lab.close();
});
