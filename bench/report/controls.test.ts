import { expect, test } from 'vitest';
import { unspoiled, widest } from './controls.mjs';
import type { Attempt, Titled } from './types.d.ts';

const MODELS = [
  { name: 'mlp', title: 'MLP' },
  { name: 'cnn', title: 'CNN 28×28' },
];
const STEADY = [10, 10, 11, 11];
const SPREAD = [10, 10, 20, 20];

/** A section whose models get their next times at each measurement. */
function sectionOf(times: Record<string, number[][]>, isByModel: boolean) {
  const measured: string[][] = [];
  const measure = async (isWanted: (model: Titled) => boolean): Promise<Attempt> => {
    const models = MODELS.filter(isWanted);
    measured.push(models.map(({ name }) => name));
    const controls = new Map(
      models.map(({ name, title }) => [`${title}, first visit`, times[name]?.shift() ?? []]),
    );
    const figures = Object.fromEntries(models.map(({ name }) => [name, measured.length]));
    return { figures, leftOut: ['a peer'], controls, models: isByModel ? models : null };
  };
  return { measure, measured };
}

test('a steady section is measured once', async () => {
  const { measure, measured } = sectionOf({ mlp: [STEADY], cnn: [STEADY] }, true);
  const { figures, leftOut } = await unspoiled(measure);
  expect(figures).toEqual({ mlp: 1, cnn: 1 });
  expect(leftOut).toEqual(['a peer']);
  expect(measured).toHaveLength(1);
});

test('only the spoiled model is measured again, and its better measurement is kept', async () => {
  const { measure, measured } = sectionOf({ mlp: [STEADY], cnn: [SPREAD, STEADY] }, true);
  const { figures, leftOut, controls } = await unspoiled(measure);
  expect(figures).toEqual({ mlp: 1, cnn: 2 });
  expect(leftOut).toEqual(['a peer']);
  expect(measured).toEqual([['mlp', 'cnn'], ['cnn']]);
  expect(widest(controls)?.share).toBeLessThan(0.3);
});

test('a model that stays spoiled is measured three times, and its smallest spread counts', async () => {
  const worse = [10, 10, 40, 40];
  const { measure, measured } = sectionOf({ mlp: [STEADY], cnn: [worse, SPREAD, worse] }, true);
  const { figures, controls } = await unspoiled(measure);
  expect(figures).toEqual({ mlp: 1, cnn: 2 });
  expect(measured).toHaveLength(3);
  expect(widest(controls)?.label).toBe('CNN 28×28, first visit');
});

test('a section that is not by model is repeated as a whole', async () => {
  const { measure, measured } = sectionOf({ mlp: [STEADY, STEADY], cnn: [SPREAD, STEADY] }, false);
  const { figures } = await unspoiled(measure);
  expect(figures).toEqual({ mlp: 2, cnn: 2 });
  expect(measured).toEqual([
    ['mlp', 'cnn'],
    ['mlp', 'cnn'],
  ]);
});
