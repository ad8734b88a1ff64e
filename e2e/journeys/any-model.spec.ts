import { expect, test } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { openDemo } from '../support/demo.ts';

const MODELS = fileURLToPath(new URL('../models/', import.meta.url));

test('the page of this device shows the golden trials of the model in use', async ({ browser }) => {
  const demo = await openDemo(browser);
  await demo.page.goto(`${demo.url}#/model`);
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
