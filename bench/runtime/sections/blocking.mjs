import { inLab, longestTaskMs, TASKS } from '../browser.mjs';
import { MODELS } from '../../models/catalog.mjs';
import { f, mapValues, median, ratio } from '../../report/format.mjs';
import { shuffle } from '../../report/shuffle.mjs';

/** @typedef {import('../types.d.ts').Context} Context */
/** @typedef {import('../types.d.ts').Block} Block */
/** @typedef {{ floor: number[], load: number, predict: number[], task: number }} Run */
/** @typedef {import('../types.d.ts').ByModel<import('../types.d.ts').BySide<Block>>} Figures */

const SIDES = ['main', 'worker', 'proxy', 'perigee'];
const shown = MODELS.filter(({ name }) => name !== 'digits');

/** @type {import('../../report/types.d.ts').Section<Figures, Context>} */
export const blocking = {
  name: 'blocking',
  title: 'Longest main-thread block',
  note:
    'Milliseconds. Load and predict: the longest gap between the ticks of a 1 ms timer of ' +
    'the page, while loading, and in slices of 30 ms of predictions (median and longest). ' +
    'Browsers clamp timers; `floor` is the same gap in an idle page. Task: the longest task ' +
    'of the main thread from navigation to the first answer, in CPU time of the thread ' +
    '(tracing), which does not depend on other programs. It includes the script of the ' +
    'page. Medians over separate pages, in random turns.',
  async run({ browser, servers, peers, pick, few, say, control }) {
    /** @type {Figures} */
    const figures = {};
    for (const model of few(shown)) {
      const sides = [...SIDES, ...model.peers.filter((peer) => peers[peer])];
      /** @type {Record<string, Run[]>} */
      const runs = Object.fromEntries(sides.map((side) => [side, []]));
      for (let round = 0; round < pick(5, 1); round += 1) {
        for (const side of shuffle(sides)) {
          say(`${model.title}, ${side}`);
          const gaps = await inLab(browser, servers.plain.url, 'blocking', {
            model: model.name,
            side,
            slices: pick(20, 6),
          });
          runs[side].push({
            ...gaps,
            task: await traced(browser, servers.plain.url, model.name, side),
          });
        }
      }
      control(
        model.title,
        runs.main.map(({ load }) => load),
      );
      figures[model.name] = mapValues(runs, (list) => ({
        floor: median(list.flatMap(({ floor }) => floor)),
        load: median(list.map(({ load }) => load)),
        predict: median(list.flatMap(({ predict }) => predict)),
        predictLongest: median(list.map(({ predict }) => Math.max(...predict))),
        floorLongest: median(list.map(({ floor }) => Math.max(...floor))),
        task: median(list.map(({ task }) => task)),
      }));
    }
    return { figures };
  },
  table(figures) {
    const sides = ['main', 'worker', 'proxy', 'tfjs', 'transformers', 'perigee'];
    const rows = shown
      .filter(({ name }) => figures[name])
      .flatMap(({ name, title }) =>
        sides
          .filter((side) => figures[name][side])
          .map((side) => {
            const { floor, floorLongest, load, predict, predictLongest, task } =
              figures[name][side];
            return [
              title,
              side,
              `${f(floor)} / ${f(floorLongest)}`,
              `${f(predict)} / ${f(predictLongest)}`,
              f(load),
              f(task),
              ratio(load, figures[name].main?.load),
              ratio(task, figures[name].main?.task),
            ];
          }),
      );
    return [
      [
        'model',
        'side',
        'floor, median / longest',
        'predict, median / longest',
        'load',
        'task, CPU ms',
        'load ÷ raw on main',
        'task ÷ raw on main',
      ],
      ...rows,
    ];
  },
};

/**
 * @param {import('@playwright/test').Browser} browser
 * @param {string} url
 * @param {string} model
 * @param {string} side
 */
async function traced(browser, url, model, side) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await browser.startTracing(page, { categories: TASKS });
    await page.goto(`${url}start.html?${new URLSearchParams({ side, model })}`);
    const { error } = await page.evaluate(() => globalThis.answered);
    const trace = await browser.stopTracing();
    if (error) throw new Error(`${side} on ${model}: ${error}`);
    return longestTaskMs(trace);
  } finally {
    await context.close();
  }
}
