import type { ReferenceProfile } from '@perigee/profile';
import { seededRandom } from '@perigee/profile/analysis';
import { expect, test } from 'vitest';
import { DEFAULT_RULES } from '../alerts/rules.ts';
import type { Undecided } from '../alerts/finding.ts';
import { DRIFT_DEFAULTS } from '../analysis/drift.ts';
import { judgeVersion } from './judge-version.ts';
import { versionCountsOf } from './version-counts.fixture.ts';

const ROWS = 20_000;

/** The doubts about `word` when each of 16 groups counts so many rows, `moved` of them of one word. */
function doubtsOf(words: number, rowsOfGroup: number, moved: number): Undecided['kind'][] {
  const vocabulary = Array.from({ length: words }, (_, i) => `w${i}`);
  const reference: ReferenceProfile = {
    schema: 'perigee-reference/1',
    rows: ROWS,
    features: [
      {
        kind: 'categorical',
        name: 'word',
        vocabulary,
        counts: [...vocabulary.map(() => ROWS / words), 0],
        missing: 0,
      },
    ],
  };
  const random = seededRandom(5);
  const counts = versionCountsOf(reference, (counters) => {
    for (let row = 0; row < rowsOfGroup; row += 1)
      counters.observeFeature(0, random() < moved ? 'w0' : `w${Math.floor(random() * words)}`);
  });
  return judgeVersion(counts, DEFAULT_RULES, DRIFT_DEFAULTS)
    .undecided.filter(({ rule }) => rule === 'feature-drift')
    .map(({ kind }) => kind);
}

test('an alert on a feature of 200 words ends although chance alone moves a tenth of the rows', () => {
  expect(doubtsOf(200, 80, 0)).toEqual([]);
});

test('an alert stays while the score is below its threshold, and its interval reaches 80 % of it', () => {
  expect(doubtsOf(5, 200, 0.1)).toEqual(['near']);
  expect(doubtsOf(5, 200, 0.02)).toEqual([]);
});
