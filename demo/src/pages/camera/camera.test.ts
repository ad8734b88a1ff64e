import { PerigeeError } from 'perigee';
import { expect, test } from 'vitest';
import { binarise } from './binarise.ts';
import { cameraFault } from './camera-words.ts';
import { createRate } from './rate.ts';

const SIDE = 40;

/** Paper that is darker to the right, with a line of ink in the middle. */
function paper(from: number, to: number, hasInk = true) {
  const data = new Uint8ClampedArray(SIDE * SIDE * 4).fill(255);
  for (let y = 0; y < SIDE; y += 1) {
    for (let x = 0; x < SIDE; x += 1) {
      const light = from + ((to - from) * x) / SIDE;
      const isInk = hasInk && y > 5 && y < 35 && Math.abs(x - 20) < 2;
      data.fill(isInk ? light * 0.4 : light, 4 * (y * SIDE + x), 4 * (y * SIDE + x) + 3);
    }
  }
  return { data, width: SIDE, height: SIDE };
}

test('ink becomes black and paper white, also in a shadow', () => {
  for (const picture of [paper(240, 240), paper(240, 90), paper(120, 60)]) {
    const share = binarise(picture);
    const at = (x: number, y: number): number => picture.data[4 * (y * SIDE + x)]!;
    expect([at(20, 20), at(2, 20), at(37, 20), at(10, 3)]).toEqual([0, 255, 255, 255]);
    expect(share).toBeCloseTo((3 * 29) / SIDE ** 2, 2);
  }
});

test('an empty sheet has no ink, and an empty picture neither', () => {
  expect(binarise(paper(240, 90, false))).toBe(0);
  expect(binarise(paper(0, 0, false))).toBe(0);
  expect(binarise({ data: new Uint8ClampedArray(0), width: 0, height: 0 })).toBe(0);
});

test('events of the window are counted, also before a whole window has passed', () => {
  const rate = createRate(1_000);
  expect([rate.perSecond(0), rate.longestGapMs(0)]).toEqual([0, 0]);
  for (let at = 0; at <= 400; at += 20) rate.note(at);
  expect(rate.perSecond(400)).toBeCloseTo(52.5);
  rate.note(490);
  expect(rate.longestGapMs(500)).toBe(90);
  expect(rate.perSecond(5_000)).toBe(0);
});

test('a refused camera is no riddle', () => {
  const refused = cameraFault(new DOMException('Permission denied', 'NotAllowedError'));
  expect(refused.words).toMatch(/not allowed/);
  expect(refused.detail).toContain('Permission denied');
  expect(cameraFault(new DOMException('', 'NotFoundError')).words).toMatch(/No camera/);
  expect(cameraFault(new PerigeeError('TIMEOUT', 'late')).detail).toBe('TIMEOUT: late');
});
