import { expect, test } from 'vitest';
import { sampleAt, SAMPLE_DIGITS } from '../sample-digits.ts';
import { hexLines, predictionsIn, waitingProfiles } from './payload.ts';

test('what waits are the counts of sealed uploads and the open ones', () => {
  const preview = {
    next: [{ predictions: 2 }],
    lost: {},
    queued: [{ profiles: [{ predictions: 3 }, { predictions: 1 }] }, { profiles: [] }],
  };
  const waiting = waitingProfiles(preview);
  expect(waiting.map(({ predictions }) => predictions)).toEqual([3, 1, 2]);
  expect(predictionsIn(waiting)).toBe(6);
  expect(predictionsIn(waitingProfiles({ next: [], queued: [] }))).toBe(0);
});

test('bytes are shown sixteen in a line, up to a number of lines', () => {
  const bytes = Uint8Array.from({ length: 40 }, (_, i) => i);
  expect(hexLines(bytes, 8)).toEqual([
    '00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f',
    '10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f',
    '20 21 22 23 24 25 26 27',
  ]);
  expect(hexLines(bytes, 2)).toHaveLength(2);
});

test('the samples show every drawing once before one comes again, and no digit twice in a row', () => {
  const turns = Array.from({ length: SAMPLE_DIGITS.length + 1 }, (_, i) => sampleAt(i));
  expect(new Set(turns).size).toBe(SAMPLE_DIGITS.length);
  const repeated = turns.slice(1).filter(({ digit }, i) => digit === turns[i]?.digit);
  expect(repeated).toEqual([]);
});
