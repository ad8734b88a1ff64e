import type { FeatureDrift } from '../../../../src/api-quality.ts';
import { drawRanges } from '../../../charts/export/draw-ranges.ts';
import { ExportMenu } from '../../../charts/export/export-menu.tsx';
import { seriesColor } from '../../../charts/series-color.ts';
import { rate } from '../../../format.ts';
import { checksOf, largestRate } from './checks.ts';

/** Exports the shares of unusual values of all features. */
export function QualityExport({ features }: { readonly features: readonly FeatureDrift[] }) {
  const checks = checksOf(features);
  const scale = { min: 0, max: largestRate(features) };
  return (
    <ExportMenu
      caption="Data quality by feature"
      csv={{
        head: [
          'feature',
          ...checks.flatMap(({ label }) => [
            `${label} (share)`,
            `${label} in the reference (share)`,
          ]),
        ],
        rows: features.map(({ name, quality }) => [
          name,
          ...checks.flatMap(({ rates }) => [rates(quality).now, rates(quality).reference]),
        ]),
      }}
      draw={() =>
        drawRanges(
          features.map(({ name, quality }) => {
            const now = checks.map(({ rates }) => rates(quality).now);
            return {
              label: name,
              values: now.map((value, i) => ({
                of: { value, low: 0, high: value },
                color: seriesColor(i),
              })),
              text: now.map(rate).join(', '),
              scale,
            };
          }),
          checks.map(({ label }, i) => ({ name: label, color: seriesColor(i) })),
        )
      }
    />
  );
}
