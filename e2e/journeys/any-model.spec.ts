import { graphInput, graphOutput, model, node } from '@perigee/registry/onnx';
import { expect, test } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { openDemo } from '../support/demo.ts';

/** Operators of a model that is too large to be drawn as it is. */
const LONG = 5_000;
const MODELS = fileURLToPath(new URL('../models/', import.meta.url));

test('the page of this device shows the golden trials of the model in use', async ({ browser }) => {
  const demo = await openDemo(browser);
  await demo.page.goto(`${demo.url}#/device`);
  const trials = demo.page.getByTestId('trials');
  await expect(trials).toContainText('in use');
  await expect(trials).toContainText('correct');
  // Every candidate ends up in the list: tried, or with the reason why not.
  await expect(trials).toContainText('webgpu');
  await demo.close();
});

test('a visitor drops a model, sees what goes in, and compares the backends', async ({
  browser,
}) => {
  const demo = await openDemo(browser);
  await demo.page.goto(`${demo.url}#/your-model`);
  const files = demo.page.getByTestId('model-files');
  await files.setInputFiles(`${MODELS}two-layers.onnx`);
  const section = demo.page.getByTestId('any-model');
  await expect(section).toContainText('[batch, 64]');
  await section.getByLabel('batch').fill('3');
  await demo.page.getByTestId('compare').click();
  const runs = demo.page.getByTestId('runs');
  for (const backend of ['wasm', 'cpu'])
    await expect(runs.locator(`[data-backend=${backend}][data-state=done]`)).toBeVisible();
  await expect(runs.locator('[data-backend=cpu]')).toContainText('instant engine');
  // WebNN and WebGPU finish too: with times, or with a sentence.
  await expect(runs.locator('[data-state=done], [data-state=failed]')).toHaveCount(4);
  // Visitors without such a device read a sentence; the runtime's report is behind "Details".
  const failed = runs.locator('[data-state=failed]').first();
  if ((await failed.count()) > 0) {
    await expect(failed).not.toContainText(/ERR|Error:/, { useInnerText: true });
    await failed.getByText('Details').click();
    await expect(failed).toContainText(/[A-Z_]{8,}: /, { useInnerText: true });
  }
  await demo.close();
});

test('a TensorFlow.js model is dropped as its files', async ({ browser }) => {
  const demo = await openDemo(browser);
  await demo.page.goto(`${demo.url}#/your-model`);
  await demo.page
    .getByTestId('model-files')
    .setInputFiles(
      ['model.json', 'group1-shard1of2.bin', 'group1-shard2of2.bin'].map(
        (name) => `${MODELS}tfjs-net/${name}`,
      ),
    );
  await expect(demo.page.getByTestId('any-model')).toContainText('[?, 8, 8, 1]');
  await demo.page.getByTestId('compare').click();
  const runs = demo.page.getByTestId('runs');
  for (const backend of ['wasm', 'cpu'])
    await expect(runs.locator(`[data-backend=${backend}][data-state=done]`)).toBeVisible();
  await demo.close();
});

test('each sample shows its graph, its operators and code to copy', async ({ browser }) => {
  const demo = await openDemo(browser, '#/your-model');
  const { page } = demo;
  const graph = page.getByTestId('graph');
  for (const [name, output, code] of [
    ['Handwritten digits', 'logits', "loadModel('/models/digits.onnx')"],
    ['Cell measurements', 'logits', 'shape: [batch, 30]'],
    ['TensorFlow.js', 'scores', "import 'perigee/tfjs'"],
  ] as const) {
    await page.getByRole('button', { name }).click();
    await expect(graph.locator('.graph-box.output')).toContainText(output);
    await expect(page.getByTestId('usage')).toContainText(code);
  }
  await page.getByRole('button', { name: 'Handwritten digits' }).click();
  await expect(graph.getByRole('list', { name: 'Operators' })).toContainText('Conv ×3');
  await expect(graph.locator('.graph-box')).toHaveCount(12);
  await demo.close();
});

test('a graph of thousands of operators is folded while the page goes on, and another file ends it', async ({
  browser,
}) => {
  const demo = await openDemo(browser, '#/your-model');
  const { page } = demo;
  const names = ['x', ...Array.from({ length: LONG }, (_, i) => `t${i}`)];
  const long = model([
    graphInput('x', 'float32', [1]),
    ...names
      .slice(1)
      .map((name, i) =>
        i % 50 === 49
          ? node('Add', [names[i]!, names[i - 20]!], [name])
          : node('Neg', [names[i]!], [name]),
      ),
    graphOutput(names.at(-1)!, 'float32', [1]),
  ]);
  const files = page.getByTestId('model-files');
  const graph = page.getByTestId('graph');
  await files.setInputFiles({ name: 'long.onnx', mimeType: '', buffer: Buffer.from(long) });
  await expect(graph.getByRole('status')).toContainText('5,000 operators, folded into');
  const blocks = graph.getByRole('button', { name: /^Open the block of/ });
  expect(await blocks.count()).toBeLessThan(200);
  await blocks.first().click();
  await expect(graph.getByRole('status')).toContainText('in this block');
  await graph.getByRole('button', { name: 'Whole graph' }).click();
  await expect(graph.getByRole('status')).toContainText('5,000 operators, folded into');
  // The next file comes while this one may still be drawn.
  await files.setInputFiles({ name: 'long.onnx', mimeType: '', buffer: Buffer.from(long) });
  await files.setInputFiles(`${MODELS}two-layers.onnx`);
  await expect(graph.locator('.graph-box.output')).toContainText('y');
  await expect(graph.getByRole('status')).toContainText('3 operators');
  await demo.close();
});

test('a broken file says what is wrong with it, and the page goes on', async ({ browser }) => {
  const demo = await openDemo(browser);
  await demo.page.goto(`${demo.url}#/your-model`);
  const files = demo.page.getByTestId('model-files');
  const whole = await readFile(`${MODELS}two-layers.onnx`);
  await files.setInputFiles({
    name: 'broken.onnx',
    mimeType: 'application/octet-stream',
    buffer: whole.subarray(0, 900),
  });
  const section = demo.page.getByTestId('any-model');
  await expect(section.getByRole('alert')).toContainText('not a model that can be read');
  await expect(section.getByRole('alert')).toContainText('broken.onnx');
  await files.setInputFiles({
    name: 'notes.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from('no model'),
  });
  await expect(section.getByRole('alert')).toContainText('notes.txt');
  await files.setInputFiles(`${MODELS}two-layers.onnx`);
  await expect(section).toContainText('[batch, 64]');
  await demo.close();
});
