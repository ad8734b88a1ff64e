import { expect, test } from 'vitest';
import { measure, median } from './measure.ts';
import type { Side, SideId } from './measure.ts';
import { browserFamily, fromLink, toLink, toText, verdicts } from './share.ts';

const NAMES = {
  chosen: 'Chosen',
  wasm: 'Wasm',
  raw: 'Raw',
  tfjs: 'TensorFlow.js',
  transformers: 'transformers.js',
};

/** Sides on a clock of their own, and the order in which they were opened. */
function sidesWith(times: Readonly<Record<SideId, { openMs: number; callMs: number }>>) {
  let clock = 0;
  const opened: SideId[] = [];
  let open = 0;
  const side = (id: SideId, answer = [1, 2]): Side => ({
    id,
    async open() {
      opened.push(id);
      open += 1;
      clock += times[id].openMs;
      return {
        async call() {
          clock += times[id].callMs;
          return Float32Array.from(answer);
        },
        async close() {
          open -= 1;
        },
      };
    },
  });
  return { side, opened, now: () => clock, stillOpen: () => open };
}

const TIMES = {
  chosen: { openMs: 10, callMs: 1 },
  wasm: { openMs: 100, callMs: 3 },
  raw: { openMs: 80, callMs: 2 },
  tfjs: { openMs: 70, callMs: 4 },
  transformers: { openMs: 90, callMs: 2 },
};
const never = new AbortController().signal;

test('sides take turns in another order each round, and figures are medians', async () => {
  const { side, opened, now, stillOpen } = sidesWith(TIMES);
  const progress: number[] = [];
  const sides = [side('chosen'), side('wasm'), side('raw')];
  const figures = await measure(
    sides,
    { rounds: 2, calls: 4 },
    never,
    (x) => progress.push(x),
    now,
  );
  expect(opened.join(' ')).toBe('chosen wasm raw wasm raw chosen raw chosen wasm');
  expect(figures).toEqual([
    { id: 'chosen', firstMs: 11, callMs: 1 },
    { id: 'wasm', firstMs: 103, callMs: 3 },
    { id: 'raw', firstMs: 82, callMs: 2 },
  ]);
  expect(progress.at(-1)).toBe(1);
  expect(stillOpen()).toBe(0);
});

test('a side with other answers, and a visitor who cancels, end it; what is open is closed', async () => {
  const { side, now, stillOpen } = sidesWith(TIMES);
  const plan = { rounds: 1, calls: 1 };
  const wrong = measure([side('chosen'), side('raw', [1, 3])], plan, never, () => undefined, now);
  await expect(wrong).rejects.toThrow('"raw" gave other answers');
  const task = new AbortController();
  const cancelled = measure([side('chosen')], plan, task.signal, () => task.abort(), now);
  await expect(cancelled).rejects.toThrow();
  expect(stillOpen()).toBe(0);
});

const REPORT = {
  day: '2026-11-30',
  browser: 'Chromium',
  cores: 8,
  figures: [
    { id: 'chosen', firstMs: 11.23, callMs: 0.2 },
    { id: 'raw', firstMs: 80, callMs: 0.1 },
  ],
} as const;

test('a link has the figures, and one that was changed has none', () => {
  const link = toLink(REPORT);
  expect(fromLink(link)).toEqual(REPORT);
  for (const text of [
    '',
    '%',
    '<b>',
    link.replace('11.23', '-1'),
    link.replace('11.23', 'NaN'),
    link.replace('chosen', 'other'),
    link.replace('Chromium', '<img>'),
    `${link}~raw_1_1`,
    link.replace('8', '8'.repeat(600)),
  ])
    expect({ text, report: fromLink(text) }).toEqual({ text, report: undefined });
});

test('the sentences name who was faster, also when that is not Perigee', () => {
  expect(verdicts(REPORT.figures, NAMES)).toEqual([
    'The first answer came first from Chosen; Raw took 7.1 times as long.',
    'A call was shortest with Raw; Chosen took 2.0 times as long.',
  ]);
  expect(toText(REPORT, NAMES)).toContain('Raw: first answer 80.0 ms, a call 0.10 ms');
});

test('medians and browsers', () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
  expect(
    [
      'Mozilla/5.0 (X11) Gecko/20100101 Firefox/140.0',
      'Mozilla/5.0 (X11) AppleWebKit/537.36 Chrome/150.0 Safari/537.36',
      'Mozilla/5.0 (Mac) AppleWebKit/605.1 Version/18.0 Safari/605.1',
      '',
    ].map(browserFamily),
  ).toEqual(['Firefox', 'Chromium', 'WebKit', 'other']);
});
