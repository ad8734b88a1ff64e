import { chromium } from '@playwright/test';
import { CHROMIUM_ARGS } from '../../../scripts/chromium-args.mjs';
import { MODELS } from '../../models/catalog.mjs';
import { f, mapValues, quantile, ratio } from '../../report/format.mjs';
import { inLab } from '../browser.mjs';

/** @typedef {import('../types.d.ts').Context} Context */
/** @typedef {import('../types.d.ts').GpuFigures} Figures */

const SIDES = { main: 'raw wasm', 'gpu-main': 'raw on WebGPU', 'gpu-perigee': 'perigee on WebGPU' };
const ARGS = [...CHROMIUM_ARGS, '--enable-unsafe-webgpu', '--enable-features=Vulkan'];

const SOFTWARE = '**software, not a GPU**';

/** @type {import('../../report/types.d.ts').Section<Figures, Context>} */
export const gpu = {
  name: 'gpu',
  apart: true,
  title: 'WebGPU',
  note:
    'Milliseconds p50 / p99 of predict(), one call after the other, all sides in one page in ' +
    'random turns. Inputs and outputs are in the memory of the CPU on all sides. Raw runs on ' +
    'the main thread.',
  async run({ executablePath, servers, pick, few, say, control, leaveOut }) {
    const browser = await chromium.launch({ executablePath, args: ARGS });
    try {
      /** @type {Figures} */
      const figures = { adapter: await adapterOf(browser, servers.plain.url), models: {} };
      for (const model of few(MODELS)) {
        if (model.large && figures.adapter.includes(SOFTWARE)) {
          leaveOut(model, { 'all sides': 'software takes seconds for one run' });
          continue;
        }
        say(model.title);
        const { ms, leftOut } = await inLab(browser, servers.plain.url, 'latency', {
          model: model.name,
          sides: Object.keys(SIDES),
          rounds: pick(Math.ceil(model.rounds / 4), 3),
          calls: model.calls,
        });
        leaveOut(model, leftOut);
        control(model.title, ms.main ?? []);
        figures.models[model.name] = mapValues(ms, (list) => ({
          p50: quantile(list, 0.5),
          p99: quantile(list, 0.99),
          samples: list.length,
        }));
      }
      return { figures };
    } finally {
      await browser.close();
    }
  },
  table({ adapter, models }) {
    /** @param {import('../types.d.ts').Percentiles | undefined} times */
    const cell = (times) => (times ? `${f(times.p50)} / ${f(times.p99)}` : '–');
    const rows = MODELS.filter(({ name }) => models[name]).map(({ name, title }) => [
      title,
      adapter,
      ...Object.keys(SIDES).map((side) => cell(models[name][side])),
      ratio(models[name]['gpu-perigee']?.p50, models[name]['gpu-main']?.p50),
    ]);
    return [['model', 'adapter', ...Object.values(SIDES), 'perigee ÷ raw, WebGPU'], ...rows];
  },
};

/**
 * The GPU, or the software that stands for one.
 * @param {import('@playwright/test').Browser} browser
 * @param {string} url
 * @returns {Promise<string>}
 */
async function adapterOf(browser, url) {
  const page = await browser.newPage();
  try {
    await page.goto(url);
    return await page.evaluate(async (software) => {
      /** @type {any} */
      const { gpu: access } = navigator;
      const adapter = await access?.requestAdapter();
      if (!adapter) return 'none';
      const { vendor, architecture, description } = adapter.info;
      const name = [vendor, architecture, description].filter(Boolean).join(' ') || 'unnamed';
      const isSoftware = adapter.info.isFallbackAdapter || /swiftshader/i.test(name);
      return isSoftware ? `${name}: ${software}` : name;
    }, SOFTWARE);
  } finally {
    await page.close();
  }
}
