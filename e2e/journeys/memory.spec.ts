import { expect, test } from '@playwright/test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { callMany } from '../../campaigns/budget/in-page.mjs';
import { publishModels } from '../../campaigns/budget/models.mjs';
import { openLab, visitLab } from '../support/lab.ts';

const MODELS = fileURLToPath(new URL('../models', import.meta.url));
/** Number of cycles; `npm run soak` sets it to 200. */
const CYCLES = Number(process.env['PERIGEE_SOAK_CYCLES'] ?? 24);
/** Allowance for garbage that is not collected yet. */
const SLACK_BYTES = 3_000_000;

for (const backend of ['wasm', 'webgpu'] as const) {
  // Fewer cycles on WebGPU: in software it takes seconds to start.
  const cycles = backend === 'wasm' ? CYCLES : Math.ceil(CYCLES / 12);
  test(`${cycles} times load, predict, dispose leave nothing behind on ${backend}`, async ({
    browser,
  }) => {
    test.setTimeout(240_000 + cycles * 20_000);
    const lab = await openLab(browser, { models: MODELS });
    const session = await lab.context.newCDPSession(lab.page);
    const measure = async () => {
      // Objects released by a finalizer are collected in the next round.
      for (let i = 0; i < 4; i += 1) {
        await session.send('HeapProfiler.collectGarbage');
        await lab.page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
      }
      const { usedSize } = await session.send('Runtime.getHeapUsage');
      const { jsEventListeners, documents } = await session.send('Memory.getDOMCounters');
      return {
        heapBytes: usedSize,
        listeners: jsEventListeners,
        documents,
        workers: lab.page.workers().length,
      };
    };
    const cycle = () =>
      lab.page.evaluate(async (name) => {
        const model = await globalThis.lab.loadModel('/models/two-layers.onnx', { backend: name });
        // Also send a large input, so that lent buffers are among the things to release.
        await model.predictMany([new Float32Array(64), new Float32Array(64 * 256)]);
        await model.dispose();
      }, backend);

    // The first cycles fill caches that stay.
    for (let i = 0; i < 3; i += 1) await cycle();
    await expect.poll(() => lab.page.workers().length).toBe(0);
    const before = await measure();
    for (let i = 0; i < cycles; i += 1) await cycle();
    await expect.poll(() => lab.page.workers().length).toBe(0);
    const after = await measure();
    console.log(
      `${backend}: ${cycles} cycles, page heap ${(before.heapBytes / 1e6).toFixed(2)} → ` +
        `${(after.heapBytes / 1e6).toFixed(2)} MB, listeners ${before.listeners} → ` +
        `${after.listeners}`,
    );
    // Wasm memory and GPU buffers ended with their worker. Only the page could still hold
    // something.
    expect(after.heapBytes - before.heapBytes).toBeLessThan(SLACK_BYTES);
    // A disposed model keeps the listener of a time limit for a second.
    await expect
      .poll(async () => (await measure()).listeners, { timeout: 30_000 })
      .toBeLessThanOrEqual(before.listeners + 2);
    await lab.close();
  });
}

test('the version of a released model is held while a model of it is loaded, and not for ever', async ({
  browser,
}) => {
  const lab = await openLab(browser);
  const { during, after } = await lab.page.evaluate(async () => {
    const perigee = globalThis.lab.createPerigee({ registry: '/registry/', memoryBudgetMB: 1 });
    const load = (ref: string) => perigee.load(ref, { backend: 'cpu', update: 'local' });
    const released = () =>
      new Promise<void>((resolve) => {
        const stop = perigee.on('released', () => {
          stop();
          resolve();
        });
      });
    const holds = async (): Promise<boolean> => {
      const { held = [] } = await navigator.locks.query();
      return held.some(({ name }) => name?.startsWith('perigee:use:digits'));
    };
    const digits = await load('digits');
    let next = released();
    await load('wdbc');
    await next;
    const during = await holds();
    await digits.dispose();
    next = released();
    await load('wdbc@1.0.0');
    await next;
    const after = await holds();
    await perigee.dispose();
    return { during, after };
  });
  expect({ during, after }).toEqual({ during: true, after: false });
  await lab.close();
});

test('a load that fails does not let two models be read before there is room for them', async ({
  browser,
}) => {
  const lab = await openLab(browser);
  const options = { backend: 'wasm', update: 'local' } as const;
  await lab.page.evaluate(async (given) => {
    const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
    for (const name of ['wdbc', 'wine']) await perigee.load(name, given);
    await perigee.dispose();
  }, options);
  await visitLab(lab.page, lab.host);
  const seen = await lab.page.evaluate(async (given) => {
    // Workers are told to open their models only after the test's loads have begun.
    const Own = globalThis.Worker;
    const early: unknown[] = [];
    let goOn = (): void => undefined;
    const mayOpen = new Promise<void>((resolve) => (goOn = resolve));
    let firstOpens = (): void => undefined;
    const firstIsOpening = new Promise<void>((resolve) => (firstOpens = resolve));
    globalThis.Worker = class extends Own {
      override postMessage(...args: [{ path?: string[]; argumentList?: unknown[] }, never]): void {
        const { path, argumentList } = args[0];
        const [facts] = (argumentList ?? []) as { value?: { source?: { model: string } } }[];
        const [method = ''] = path ?? [];
        const isEarly = method === 'prepare' || method === 'openActive';
        if (isEarly && facts?.value?.source) early.push(facts.value.source.model);
        if (!method.startsWith('open')) return super.postMessage(...args);
        firstOpens();
        void mayOpen.then(() => super.postMessage(...args));
      }
    };
    const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
    const first = perigee.load('wdbc', given);
    await firstIsOpening;
    const code = await perigee.load('unknown', given).then(
      () => 'loaded',
      (error: unknown) => (error as { code: string }).code,
    );
    const second = perigee.load('wine', given);
    goOn();
    const models = await Promise.all([first, second]);
    const names = models.map(({ name }) => name);
    await perigee.dispose();
    return { code, early, names };
  }, options);
  expect(seen).toEqual({ code: 'MODEL_NOT_FOUND', early: ['wdbc'], names: ['wdbc', 'wine'] });
  await lab.close();
});

for (const byUrl of [false, true]) {
  const title = byUrl
    ? 'ten models by URL stay within the memory of three, and are fetched again'
    : 'ten models of one page stay within the memory of three, and none needs the network';
  test(title, async ({ browser }) => {
    test.setTimeout(600_000);
    const folder = mkdtempSync(join(tmpdir(), 'perigee-budget-'));
    const { registry, files, names } = await publishModels(folder, 'small');
    const folders = { '/budget/': registry, '/files/': files };
    const lab = await openLab(browser, { folders, sized: true });
    // The updater, three models, and workers that are being ended.
    const mostWorkers = 1 + 3 + 2;
    let workers = 0;
    let most = 0;
    lab.page.on('worker', (worker) => {
      workers += 1;
      most = Math.max(most, workers);
      worker.on('close', () => (workers -= 1));
    });
    const seen = await lab.page.evaluate(callMany, {
      names,
      byUrl,
      memoryBudgetMB: 105,
      calls: 12,
      seed: 22,
    });
    expect(seen).toMatchObject({ wrong: [], answers: seen.calls });
    expect(seen.mostMB).toBeLessThanOrEqual(105);
    expect(seen.released).toBeGreaterThan(7);
    expect(most).toBeLessThanOrEqual(mostWorkers);
    // Each blob was fetched once, by the first load by name.
    const blobs = lab.host.requests.filter((path) => path.startsWith('/budget/blobs/'));
    expect(new Set(blobs).size).toBe(blobs.length);
    await lab.close();
    rmSync(folder, { recursive: true, force: true });
  });
}
