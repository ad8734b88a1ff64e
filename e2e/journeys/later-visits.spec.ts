import { expect, test } from '@playwright/test';
import { openLab, visitLab } from '../support/lab.ts';
import {
  answer,
  counts,
  damage,
  dispose,
  listWorkers,
  openVisited,
  startedByLoad,
  startedWorkers,
  TELEMETRY,
  visit,
} from '../support/small-visits.ts';
import type { Kept, Listed } from '../support/small-visits.ts';

const NOTE = 'perigee:runtime:wdbc';
const WASM = { backend: 'wasm' } as const;

test('a later visit needs one worker, no updater and no network, and gives the same answer', async ({
  browser,
}, { outputDir }) => {
  const { lab, first } = await openVisited(browser, `${outputDir}/registry`, 'wasm');
  lab.host.forget();
  expect(await visit(lab, WASM)).toEqual(first);
  expect(await startedByLoad(lab.page)).toEqual(['inference']);
  expect(lab.host.requests.filter((path) => path.startsWith('/registry/'))).toEqual([]);
  // The updater starts when a method needs it.
  const at = await lab.page.evaluate(async () => {
    const { perigee } = (globalThis as unknown as Kept).kept;
    return (await perigee.models()).map(({ version }) => version);
  });
  expect(at).toContain('1.0.0');
  expect(await startedWorkers(lab.page)).toEqual(['inference', 'updater']);
  await lab.close();
});

test('the updater starts behind the load, and then answers without a network', async ({ browser }, {
  outputDir,
}) => {
  const { lab } = await openVisited(browser, `${outputDir}/registry`, 'wasm');
  await visit(lab, WASM);
  expect(await startedByLoad(lab.page)).toEqual(['inference']);
  await expect.poll(() => startedWorkers(lab.page)).toContain('updater');
  await lab.goOffline();
  const at = await lab.page.evaluate(async () => {
    const { perigee } = (globalThis as unknown as Kept).kept;
    return (await perigee.models()).map(({ version }) => version);
  });
  expect(at).toContain('1.0.0');
  await lab.close();
});

test('the updater starts while the model is busy', async ({ browser }) => {
  const lab = await openLab(browser);
  const load = () =>
    lab.page.evaluate(async () => {
      const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
      const model = await perigee.load('digits', { backend: 'wasm', update: 'local' });
      Object.assign(globalThis, { kept: { perigee, model } });
    });
  await load();
  await dispose(lab.page);
  await listWorkers(lab.page);
  await visitLab(lab.page, lab.host);
  await load();
  const order = await lab.page.evaluate(async () => {
    const { perigee, model } = (globalThis as unknown as Kept).kept;
    const [input] = model.signature.inputs;
    const rows = 60_000;
    const ended: string[] = [];
    const data = new Float32Array(64 * rows).fill(0.5);
    const run = model
      .run({ [input!.name]: { dtype: 'float32', shape: [rows, 1, 8, 8], data } })
      .then(() => ended.push('run'));
    await Promise.all([run, perigee.models().then(() => ended.push('models'))]);
    return ended;
  });
  expect(order).toEqual(['models', 'run']);
  await lab.close();
});

test('with the backend that won its trial on this device, the updater is not needed either', async ({
  browser,
}) => {
  const lab = await openLab(browser);
  await listWorkers(lab.page);
  /** The workers that a load without a chosen backend starts. */
  const load = async () => {
    await visitLab(lab.page, lab.host);
    return lab.page.evaluate(async () => {
      const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
      const model = await perigee.load('digits', { update: 'local' });
      const started = [...(globalThis as unknown as Listed).startedWorkers];
      const data = new Float32Array(64).fill(0.5);
      Object.assign(globalThis, { kept: { perigee, model } });
      const [input] = model.signature.inputs;
      await model.run({ [input!.name]: { dtype: 'float32', shape: [1, 1, 8, 8], data } });
      return started;
    });
  };
  expect(await load()).toContain('updater');
  // The trials run after the first answer, and the page may be left before they end.
  await expect.poll(load).not.toContain('updater');
  const state = await lab.page.evaluate(() => {
    const { model } = (globalThis as unknown as Kept).kept;
    return { backend: model.backend, trials: model.trials.length };
  });
  expect(state.trials).toBeGreaterThan(0);
  expect(['cpu', 'wasm']).toContain(state.backend);
  await lab.close();
});

test('a note that is wrong decides nothing, and the load corrects it', async ({ browser }, {
  outputDir,
}) => {
  const { lab, first } = await openVisited(browser, `${outputDir}/registry`, 'wasm');
  await visit(lab, WASM);
  await dispose(lab.page);
  const read = () => lab.page.evaluate((key) => JSON.parse(localStorage.getItem(key)!), NOTE);
  const right = await read();
  const wrong = [
    { sizeBytes: 1e15 },
    { sizeBytes: 'large' },
    { entry: 'other.onnx' },
    { engine: 'tfjs' },
    { source: { ...right.source, engine: 'tfjs' } },
    { source: { ...right.source, version: '9.9.9' } },
    { source: { ...right.source, model: 'digits' } },
  ];
  for (const facts of wrong) {
    const note = JSON.stringify({ ...right, ...facts });
    await lab.page.evaluate(([key, text]) => localStorage.setItem(key, text), [
      NOTE,
      note,
    ] as const);
    expect(await visit(lab, WASM), note).toEqual(first);
    await dispose(lab.page);
    expect(await read(), note).toEqual(right);
  }
  // No GPU is used without a look at it.
  const gpu = JSON.stringify({ ...right, backend: 'webgpu' });
  await lab.page.evaluate(([key, text]) => localStorage.setItem(key, text), [NOTE, gpu] as const);
  expect(await visit(lab)).toMatchObject({ output: first.output });
  expect(await startedByLoad(lab.page)).toContain('updater');
  await lab.close();
});

test('a load waits for memory while a file is opened within the same budget', async ({ browser }, {
  outputDir,
}) => {
  const { lab } = await openVisited(browser, `${outputDir}/registry`, 'wasm');
  await visitLab(lab.page, lab.host);
  const waitedMs = await lab.page.evaluate(async () => {
    const perigee = globalThis.lab.createPerigee({ registry: '/registry/', memoryBudgetMB: 40 });
    const abort = new AbortController();
    // The file never ends, so its opening goes on.
    const answer = new Response(new ReadableStream());
    const file = globalThis.lab
      .loadModel('/never.onnx', {
        backend: 'wasm',
        signal: abort.signal,
        request: { fetch: async () => answer },
      })
      .catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve));
    const startMs = performance.now();
    await perigee.load('wdbc', { backend: 'wasm', update: 'local' });
    const ms = performance.now() - startMs;
    abort.abort();
    await file;
    await perigee.dispose();
    return ms;
  });
  // Openings wait five seconds for models that do not end.
  expect(waitedMs).toBeGreaterThan(4_500);
  await lab.close();
});

for (const store of ['files', 'objects'] as const)
  test(`damaged bytes in "${store}" never answer from a worker: they are fetched again`, async ({
    browser,
  }, { outputDir }) => {
    const { lab, first } = await openVisited(browser, `${outputDir}/registry`, 'wasm');
    await damage(lab.page, store);
    lab.host.forget();
    expect(await visit(lab, WASM)).toEqual(first);
    expect(lab.host.requests.some((path) => path.startsWith('/registry/blobs/'))).toBe(true);
    await lab.close();
  });

test('a worker does not open a revoked version', async ({ browser }, { outputDir }) => {
  const { lab, registry } = await openVisited(browser, `${outputDir}/registry`, 'wasm');
  await visit(lab, WASM);
  await registry.revokeFirst();
  await lab.page.evaluate(() =>
    (globalThis as unknown as Kept).kept.model.checkForUpdate().catch(() => undefined),
  );
  await registry.offerNew();
  expect(await visit(lab, WASM)).toMatchObject({ version: '1.1.0' });
  await lab.close();
});

test('the updater starts for a version on probation, and not once it is confirmed', async ({
  browser,
}, { outputDir }) => {
  const { lab, registry } = await openVisited(browser, `${outputDir}/registry`, 'wasm');
  await registry.offerNew();
  await visit(lab, { ...WASM, update: 'latest' });
  await dispose(lab.page);
  expect(await visit(lab, WASM)).toMatchObject({ version: '1.1.0' });
  expect(await startedByLoad(lab.page)).toContain('updater');
  await lab.page.evaluate(async () => {
    const { model } = (globalThis as unknown as Kept).kept;
    for (let i = 0; i < 30; i += 1) await model.predict(Array.from({ length: 30 }, () => i));
  });
  await dispose(lab.page);
  await visit(lab, WASM);
  await dispose(lab.page);
  expect(await visit(lab, WASM)).toMatchObject({ version: '1.1.0' });
  expect(await startedByLoad(lab.page)).toEqual(['inference']);
  await lab.close();
});

test('a page without an updater hears of the version that another tab activated', async ({
  browser,
}, { outputDir }) => {
  const { lab, registry } = await openVisited(browser, `${outputDir}/registry`, 'wasm');
  await lab.page.route('**/updater-worker*', (route) => route.abort());
  await visit(lab, WASM);
  await registry.offerNew();
  const other = await lab.context.newPage();
  await visitLab(other, lab.host);
  expect(await answer(other, { ...WASM, update: 'latest' })).toMatchObject({ version: '1.1.0' });
  await expect
    .poll(() => lab.page.evaluate(() => (globalThis as unknown as Kept).kept.heard))
    .toContain('1.1.0');
  await lab.close();
});

test('a version that is opened without the updater is counted as with it', async ({ browser }, {
  outputDir,
}) => {
  const inBrowser = async (folder: string, withNote: boolean) => {
    const { lab } = await openVisited(browser, folder, 'wasm');
    if (!withNote) await lab.page.evaluate((key) => localStorage.removeItem(key), NOTE);
    await visit(lab, WASM, { telemetry: TELEMETRY });
    const started = await startedByLoad(lab.page);
    await lab.page.evaluate(async () => {
      const { model } = (globalThis as unknown as Kept).kept;
      const { id } = await model.predict(Array.from({ length: 30 }, (_, i) => 2 * i));
      await model.feedback(id, { label: 'benign' });
    });
    const counted = await counts(lab.page);
    await lab.close();
    return { started, counted };
  };
  const alone = await inBrowser(`${outputDir}/alone`, true);
  const asked = await inBrowser(`${outputDir}/asked`, false);
  expect(alone.started).toEqual(['inference']);
  expect(asked.started).toContain('updater');
  expect(JSON.stringify(alone.counted)).toContain('true benign');
  expect(alone.counted).toEqual(asked.counted);
});

test('a load that is aborted meanwhile rejects with its reason, and the next one works', async ({
  browser,
}, { outputDir }) => {
  const { lab, first } = await openVisited(browser, `${outputDir}/registry`, 'wasm');
  await visitLab(lab.page, lab.host);
  const { reason, started } = await lab.page.evaluate(async () => {
    const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
    const abort = new AbortController();
    const loading = perigee.load('wdbc', {
      backend: 'wasm',
      update: 'local',
      signal: abort.signal,
    });
    setTimeout(() => abort.abort(new Error('left the page')), 0);
    const seen = await loading.then(
      () => 'loaded',
      (error: unknown) => String(error),
    );
    const workers = [...(globalThis as unknown as Listed).startedWorkers];
    await perigee.dispose();
    return { reason: seen, started: workers };
  });
  expect(reason).toBe('Error: left the page');
  expect(started).not.toContain('updater');
  expect(await visit(lab, WASM)).toEqual(first);
  await lab.close();
});

test('of two loads at once, both get the model', async ({ browser }, { outputDir }) => {
  const { lab } = await openVisited(browser, `${outputDir}/registry`, 'wasm');
  await visitLab(lab.page, lab.host);
  const labels = await lab.page.evaluate(async () => {
    const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
    const load = () => perigee.load('wdbc', { backend: 'wasm', update: 'local' });
    const models = await Promise.all([load(), load()]);
    const row = Array.from({ length: 30 }, (_, i) => i);
    const outputs = await Promise.all(
      models.map(async (model) => (await model.predict(row)).output),
    );
    await perigee.dispose();
    return outputs.map((output) => JSON.stringify(output));
  });
  expect(labels[0]).toBe(labels[1]);
  await lab.close();
});

test('an encrypted model is opened without the updater', async ({ browser }, { outputDir }) => {
  const { lab, first } = await openVisited(browser, `${outputDir}/registry`, 'wasm');
  const encrypted = { encryptAtRest: true } as const;
  expect(await visit(lab, WASM, encrypted)).toEqual(first);
  await dispose(lab.page);
  expect(await visit(lab, WASM, encrypted)).toEqual(first);
  expect(await startedByLoad(lab.page)).toEqual(['inference']);
  await lab.close();
});
