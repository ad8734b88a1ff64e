import type { QualityCheck } from '../../../../src/api-quality.ts';
import { drawRanges } from '../../../charts/export/draw-ranges.ts';
import { ExportMenu } from '../../../charts/export/export-menu.tsx';
import { seriesColor } from '../../../charts/series-color.ts';
import { rate } from '../../../format.ts';
import { byFeature, largestRate, RULE_NAMES, rulesOf } from './checks.ts';

/** Exports the shares of unusual values of all features. */
export function QualityExport({ checks }: { readonly checks: readonly QualityCheck[] }) {
  const rules = rulesOf(checks);
  const scale = { min: 0, max: largestRate(checks) };
  return (
    <ExportMenu
      caption="Data quality by feature"
      csv={{
        head: [
          'feature',
          'rule',
          'share',
          'low (95 %)',
          'high (95 %)',
          'share in the reference',
          'threshold (share)',
          'verdict',
        ],
        rows: checks.map(({ feature, rule, value, usual, threshold, verdict }) => [
          feature,
          RULE_NAMES[rule],
          value?.value ?? null,
          value?.low ?? null,
          value?.high ?? null,
          usual,
          threshold,
          verdict,
        ]),
      }}
      draw={() =>
        drawRanges(
          byFeature(checks).map(({ feature, checks: own }) => {
            const counted = own.flatMap(({ rule, value }) =>
              value ? [{ of: value, color: seriesColor(rules.indexOf(rule)) }] : [],
            );
            const text = counted.map(({ of }) => rate(of.value)).join(', ');
            return { label: feature, values: counted, text, scale };
          }),
          rules.map((rule, i) => ({ name: RULE_NAMES[rule], color: seriesColor(i) })),
        )
      }
    />
  );
}
