import { expect, test } from '@playwright/test';
import type { Page } from '@playwright/test';
import { openLab, visitLab } from '../support/lab.ts';
import {
  answer,
  counts,
  damage,
  dispose,
  openVisited,
  TELEMETRY,
  visit,
} from '../support/small-visits.ts';
import type { Kept, Model } from '../support/small-visits.ts';
import { smallVersions } from '../support/small-versions.ts';

const NOTE = 'perigee:runtime:wdbc';

/** The workers that a page starts, and the wasm that it requests. */
function watch(page: Page): string[] {
  const seen: string[] = [];
  page.on('worker', (worker) => seen.push(worker.url()));
  page.on('request', (request) => {
    if (/\.wasm$|-worker-/.test(request.url())) seen.push(request.url());
  });
  return seen;
}

test('on a later visit a small model answers on the page: no worker, no wasm, the same answer', async ({
  browser,
}, { outputDir }) => {
  const registry = await smallVersions(`${outputDir}/registry`);
  const lab = await openLab(browser, { registry: registry.folder });
  const first = await answer(lab.page);
  expect(first).toMatchObject({ version: '1.0.0', inPlace: false });
  // The page may be left before it is noted which backend is fastest here.
  await expect.poll(async () => (await visit(lab)).inPlace).toBe(true);
  const seen = watch(lab.page);
  lab.host.forget();
  expect(await visit(lab)).toEqual({ ...first, inPlace: true });
  expect(seen).toEqual([]);
  expect(lab.host.requests.filter((path) => path.startsWith('/registry/'))).toEqual([]);
  // The page asks for an update after its first answer, in a worker.
  expect(await visit(lab, { update: 'localUpdateInBackground' })).toMatchObject({ inPlace: true });
  await expect
    .poll(() => lab.host.requests.filter((path) => path.endsWith('/timestamp.json')).length)
    .toBeGreaterThan(0);
  await lab.close();
});

test('what runs on the page is counted as in a worker, with its ground truth', async ({ browser }, {
  outputDir,
}) => {
  const inBrowser = async (folder: string, withNote: boolean) => {
    const { lab } = await openVisited(browser, folder);
    // Without the note, a worker opens it.
    if (!withNote) await lab.page.evaluate((key) => localStorage.removeItem(key), NOTE);
    const { inPlace } = await visit(lab, { backend: 'cpu' }, { telemetry: TELEMETRY });
    const seen = await lab.page.evaluate(async () => {
      const { model } = (globalThis as unknown as Kept).kept;
      const rows = Array.from({ length: 5 }, (_, n) =>
        Array.from({ length: 30 }, (_v, i) => i * n),
      );
      const answers = await model.predictMany(rows);
      const ids = answers.map(({ id }) => id);
      await model.feedback(ids[0]!, { label: 'benign' });
      await model.feedback(ids[3]!, { label: 'malignant' });
      const odd = await model
        .feedback(ids[1]!, { label: 'neither' })
        .catch((error: unknown) => [
          error instanceof globalThis.lab.PerigeeError,
          (error as { code: string }).code,
        ]);
      return { odd, outputs: answers.map(({ output }) => output) };
    });
    const counted = await counts(lab.page);
    await lab.close();
    return { inPlace, seen, counted };
  };
  const here = await inBrowser(`${outputDir}/here`, true);
  const there = await inBrowser(`${outputDir}/there`, false);
  expect([here.inPlace, there.inPlace]).toEqual([true, false]);
  expect(here.seen).toEqual(there.seen);
  expect(here.seen.odd).toEqual([true, 'INVALID_INPUT']);
  expect(JSON.stringify(here.counted)).toContain('predicted benign, true benign');
  expect(here.counted).toEqual(there.counted);
});

for (const store of ['files', 'objects'] as const)
  test(`damaged bytes in "${store}" never answer: they are fetched again`, async ({ browser }, {
    outputDir,
  }) => {
    const { lab, first } = await openVisited(browser, `${outputDir}/registry`);
    expect(await visit(lab, { backend: 'cpu' })).toMatchObject({ inPlace: true });
    await dispose(lab.page);
    await damage(lab.page, store);
    lab.host.forget();
    expect(await visit(lab, { backend: 'cpu' })).toEqual(first);
    expect(lab.host.requests.some((path) => path.startsWith('/registry/blobs/'))).toBe(true);
    await lab.close();
  });

test('a revoked version does not answer, also without a worker that could say so', async ({
  browser,
}, { outputDir }) => {
  const { lab, registry } = await openVisited(browser, `${outputDir}/registry`);
  expect(await visit(lab, { backend: 'cpu' })).toMatchObject({ inPlace: true });
  await registry.revokeFirst();
  await lab.page.evaluate(() =>
    (globalThis as unknown as Kept).kept.model.checkForUpdate().catch(() => undefined),
  );
  await registry.offerNew();
  expect(await visit(lab, { backend: 'cpu' })).toMatchObject({ version: '1.1.0', inPlace: false });
  await lab.close();
});

test('an update found while the model runs on the page takes over, on probation in a worker', async ({
  browser,
}, { outputDir }) => {
  const { lab, registry } = await openVisited(browser, `${outputDir}/registry`);
  await registry.offerNew();
  const before = await visit(lab, { backend: 'cpu', update: 'localUpdateInBackground' });
  expect(before).toMatchObject({ version: '1.0.0', inPlace: true });
  await expect
    .poll(() => lab.page.evaluate(() => (globalThis as unknown as Kept).kept.heard))
    .toContain('1.1.0');
  const after = await lab.page.evaluate(async () => {
    const { model } = (globalThis as unknown as Kept).kept;
    const waiting = model.predict(Array.from({ length: 30 }, (_, i) => i));
    await model.update();
    const { output } = await model.predict(Array.from({ length: 30 }, (_, i) => i));
    return {
      version: model.version,
      inPlace: model.inPlace,
      output,
      early: (await waiting).output,
    };
  });
  expect(after).toEqual({
    version: '1.1.0',
    inPlace: false,
    output: before.output,
    early: before.output,
  });
  // The note says that the model is small. A version on probation is watched by the updater.
  const note = await lab.page.evaluate((key) => localStorage.getItem(key), NOTE);
  expect(note).toContain('"isSmall":true');
  expect(await visit(lab, { backend: 'cpu' })).toMatchObject({ version: '1.1.0', inPlace: false });
  // Confirmed by its answers, it runs on the page.
  await lab.page.evaluate(async () => {
    const { model } = (globalThis as unknown as Kept).kept;
    for (let i = 0; i < 30; i += 1) await model.predict(Array.from({ length: 30 }, () => i));
  });
  await dispose(lab.page);
  await visit(lab, { backend: 'cpu' });
  expect(await visit(lab, { backend: 'cpu' })).toMatchObject({ version: '1.1.0', inPlace: true });
  await lab.close();
});

test('a page without an updater hears of the version that another tab activated', async ({
  browser,
}, { outputDir }) => {
  const { lab, registry } = await openVisited(browser, `${outputDir}/registry`);
  expect(await visit(lab, { backend: 'cpu' })).toMatchObject({ inPlace: true });
  const seen = watch(lab.page);
  await registry.offerNew();
  const other = await lab.context.newPage();
  await visitLab(other, lab.host);
  expect(await answer(other, { backend: 'cpu', update: 'latest' })).toMatchObject({
    version: '1.1.0',
  });
  await expect
    .poll(() => lab.page.evaluate(() => (globalThis as unknown as Kept).kept.heard))
    .toContain('1.1.0');
  expect(seen).toEqual([]);
  await lab.close();
});

test('a model that turns out slow moves into a worker: calls wait, ids still take a ground truth', async ({
  browser,
}, { outputDir }) => {
  const { lab, first } = await openVisited(browser, `${outputDir}/registry`);
  await visit(lab, { backend: 'cpu' }, { telemetry: TELEMETRY });
  const seen = await lab.page.evaluate(async () => {
    const { model } = (globalThis as unknown as Kept).kept;
    const row = Array.from({ length: 30 }, (_, i) => i);
    const { id } = await model.predict(row);
    // A slow device: every look at the clock is two milliseconds later.
    let ms = performance.now();
    const own = performance.now.bind(performance);
    performance.now = () => (ms += 2);
    for (let i = 0; i < 3; i += 1) await model.predict(row);
    performance.now = own;
    const outputs = await Promise.all(
      [row, row].map(async (one) => (await model.predict(one)).output),
    );
    await model.feedback(id, { label: 'benign' });
    return { inPlace: model.inPlace, outputs };
  });
  expect(seen).toEqual({ inPlace: false, outputs: [first.output, first.output] });
  expect(JSON.stringify(await counts(lab.page))).toContain('true benign');
  await lab.close();
});

test('a note that is wrong costs no answer, and lets no larger model run on the page', async ({
  browser,
}) => {
  const lab = await openLab(browser);
  const predict = (ref: string) =>
    lab.page.evaluate(async (name) => {
      const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
      const model = await perigee.load(name, { update: 'local', backend: 'cpu' });
      const size = name === 'digits' ? 8 * 8 : 30;
      const [input] = model.signature.inputs;
      const { outputs } = await model
        .run({
          [input!.name]: {
            dtype: 'float32',
            shape: name === 'digits' ? [1, 1, 8, 8] : [1, 30],
            data: new Float32Array(size).fill(0.5),
          },
        })
        .then((found) => ({
          outputs: Object.values(found).map(({ data }) => [...(data as Float32Array)]),
        }));
      await perigee.dispose();
      return { inPlace: model.inPlace, outputs };
    }, ref);
  const [wdbc, digits] = [await predict('wdbc'), await predict('digits')];
  const texts = [
    'no JSON',
    'null',
    '[]',
    '7',
    '{"isSmall":true}',
    '{"entry":"model.onnx","isSmall":true}',
    '{"entry":"model.onnx","isSmall":true,"alone":true}',
    '{"entry":"model.onnx","backend":"cpu","alone":true}',
    '{"entry":"model.onnx","backend":"cpu","alone":true,"source":7}',
    '{"entry":"model.onnx","backend":"cpu","alone":true,"source":{"kind":"url","url":"/x"}}',
    '{"entry":"x","backend":"cpu","alone":true,"sizeBytes":"7","source":{"kind":"stored","model":{}}}',
    '{"entry":"other.json","engine":"tfjs","backend":"webgpu","isSmall":true,"alone":true,"large":7}',
    '{"entry":{},"engine":"none","backend":"none","isSmall":"yes"}',
    '{"entry":"model.onnx","engine":"onnx","backend":"cpu","isSmall":true,"alone":true,"large":"1.0.0"}',
  ];
  for (const text of texts) {
    await visitLab(lab.page, lab.host);
    await lab.page.evaluate((note) => {
      localStorage.setItem('perigee:runtime:wdbc', note);
      localStorage.setItem('perigee:runtime:digits', note);
    }, text);
    expect((await predict('wdbc')).outputs, text).toEqual(wdbc.outputs);
    expect(await predict('digits'), text).toEqual(digits);
  }
  expect(digits.inPlace).toBe(false);
  await lab.close();
});

test('encrypted models are opened in a worker, also beside an open copy', async ({ browser }, {
  outputDir,
}) => {
  const { lab } = await openVisited(browser, `${outputDir}/registry`);
  expect(await visit(lab, { backend: 'cpu' })).toMatchObject({ inPlace: true });
  for (let i = 0; i < 2; i += 1) {
    const { inPlace } = await visit(lab, { backend: 'cpu' }, { encryptAtRest: true });
    expect(inPlace).toBe(false);
    await dispose(lab.page);
  }
  await lab.close();
});

test('several small models run on one page, and a memory budget ends workers of others only', async ({
  browser,
}) => {
  const lab = await openLab(browser);
  const loadBoth = () =>
    lab.page.evaluate(async () => {
      const perigee = globalThis.lab.createPerigee({ registry: '/registry/', memoryBudgetMB: 1 });
      const load = (name: string) => perigee.load(name, { update: 'local', backend: 'cpu' });
      const models = await Promise.all([load('wdbc'), load('wine')]);
      Object.assign(globalThis, { kept: { perigee, models } });
      return models.map(({ inPlace }) => inPlace);
    });
  await loadBoth();
  await dispose(lab.page);
  await visitLab(lab.page, lab.host);
  const seen = watch(lab.page);
  expect(await loadBoth()).toEqual([true, true]);
  expect(seen).toEqual([]);
  const after = await lab.page.evaluate(async () => {
    const { perigee, models } = (
      globalThis as unknown as { kept: Kept['kept'] & { models: Model[] } }
    ).kept;
    const released: string[] = [];
    const heard = new Promise<void>((resolve) =>
      perigee.on('released', ({ model }) => {
        released.push(model);
        if (model === 'digits') resolve();
      }),
    );
    for (const ref of ['digits', 'digits@canary'])
      await perigee.load(ref, { update: 'local', backend: 'cpu' });
    await heard;
    const { output } = await models[0]!.predict(Array.from({ length: 30 }, (_, i) => i));
    return { released, inPlace: models.map(({ inPlace }) => inPlace), output };
  });
  expect(after).toMatchObject({ released: ['digits'], inPlace: [true, true] });
  await lab.close();
});

test('a model on the device answers although the code of the early start is out of reach', async ({
  browser,
}, { outputDir }) => {
  const { lab, first } = await openVisited(browser, `${outputDir}/registry`);
  let asked = 0;
  await lab.page.route('**/early-hint*', (route) => {
    asked += 1;
    return route.abort();
  });
  expect(await visit(lab, { backend: 'cpu' })).toEqual(first);
  expect(asked).toBeGreaterThan(0);
  await lab.close();
});
