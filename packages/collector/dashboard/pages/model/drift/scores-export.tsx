import type { FeatureDrift } from '../../../../src/api-quality.ts';
import { drawRanges } from '../../../charts/export/draw-ranges.ts';
import { ExportMenu } from '../../../charts/export/export-menu.tsx';
import { scaleOf } from '../../../charts/whisker.tsx';
import { score } from '../../../format.ts';
import { VERDICT_TONE, verdictText } from '../../../parts/verdict.ts';

/** Exports the scores of all features, with their alert lines. */
export function ScoresExport({ features }: { readonly features: readonly FeatureDrift[] }) {
  return (
    <ExportMenu
      caption="Drift by feature"
      csv={{
        head: [
          'feature',
          'kind',
          'verdict',
          'method',
          'score',
          'low (95 %)',
          'high (95 %)',
          'noise floor',
          'threshold',
          'observations',
          'effective n',
          'adjusted p',
        ],
        rows: features.map(({ primary, ...feature }) => [
          feature.name,
          feature.kind,
          feature.verdict,
          primary.method,
          primary.score,
          primary.low,
          primary.high,
          primary.noiseFloor,
          primary.threshold,
          feature.observations,
          feature.effectiveN,
          feature.adjustedPValue,
        ]),
      }}
      draw={() => drawRanges(features.map(rowOf), [])}
    />
  );
}

function rowOf(feature: FeatureDrift) {
  const { name, verdict, primary } = feature;
  const of = { value: primary.score, low: primary.low, high: primary.high };
  const threshold = primary.threshold + primary.noiseFloor;
  const tone = VERDICT_TONE[verdict];
  return {
    label: name,
    values: [{ of, color: tone === 'bad' || tone === 'warn' ? `var(--${tone})` : 'var(--accent)' }],
    text:
      verdict === 'too-little-data'
        ? verdictText(feature)
        : `${score(primary.score)}, ${verdictText(feature)}`,
    scale: { ...scaleOf([of], [threshold]), min: 0 },
    threshold,
  };
}
