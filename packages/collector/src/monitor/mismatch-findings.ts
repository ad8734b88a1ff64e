import type { Finding, Undecided } from '../alerts/finding.ts';
import type { Rules } from '../alerts/rules.ts';
import { mismatchesIn } from '../ingest/mismatches.ts';
import { messageOf } from '../message-of.ts';
import type { StoreReader } from '../store/store.ts';
import { cannotJudge } from './cannot-judge.ts';
import { percent } from '../numbers.ts';

/** Fewer refused uploads may come from a few devices with an old build. */
const MIN_REFUSED = 20;

/**
 * Findings for versions whose uploads are refused because of a wrong reference, and the versions
 * whose counts cannot be read.
 */
export async function mismatchFindings(
  store: Pick<StoreReader, 'list' | 'sums'>,
  { rules }: Rules,
  fromHour: number,
  toHour: number,
): Promise<{ findings: Finding[]; undecided: Undecided[] }> {
  const { share: threshold } = rules['schema-mismatch'].thresholds;
  const refused = (await mismatchesIn(store, fromHour, toHour)).filter(
    ({ count }) => count >= MIN_REFUSED,
  );
  const undecided: Undecided[] = [];
  const found = await Promise.all(
    refused.map(async ({ model, version, count }): Promise<Finding[]> => {
      const sums = await store
        .sums({ model, version, fromHour, toHour }, [])
        .catch((error: unknown) => {
          undecided.push(cannotJudge(model, version, 'schema-mismatch', messageOf(error)));
        });
      if (!sums) return [];
      const taken = sums.reduce((sum, { devices }) => sum + devices, 0);
      const share = count / (count + taken);
      if (share < threshold) return [];
      return [
        {
          rule: 'schema-mismatch',
          model,
          version,
          segment: '',
          subject: '',
          severity: 'ticket',
          effect: { value: share, low: share, high: share, threshold, unit: 'share' },
          effectiveN: count,
          devices: count,
          topFeatures: [],
          firstVersionSeen: version,
          fromHour,
          toHour,
          summary:
            `${percent(share)} of the uploads of ` +
            `${model}@${version} (${count.toLocaleString('en')}) were refused: they were ` +
            'counted against another reference than the published one. Was the version packed ' +
            'twice?',
        },
      ];
    }),
  );
  return { findings: found.flat(), undecided };
}
