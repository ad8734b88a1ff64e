import type { Finding, RuleName } from '../finding.ts';
import { accuracyWords, estimatedAccuracyWords, regressionErrorWords } from './accuracy-words.ts';
import { cannotJudgeWords, mismatchWords, silenceWords } from './collector-words.ts';
import { featureDriftWords, predictionDriftWords } from './drift-words.ts';
import { missingWords, newCategoryWords, outOfRangeWords } from './quality-words.ts';
import {
  errorRateWords,
  fallbackWords,
  goldenWords,
  latencyWords,
  sampleRatioWords,
} from './release-words.ts';

const WORDS: Readonly<Record<RuleName, (finding: Finding) => string>> = {
  'feature-drift': featureDriftWords,
  'prediction-drift': predictionDriftWords,
  'missing-values': missingWords,
  'new-category': newCategoryWords,
  'out-of-range': outOfRangeWords,
  'error-rate': errorRateWords,
  'golden-failures': goldenWords,
  latency: latencyWords,
  'fallback-rate': fallbackWords,
  accuracy: accuracyWords,
  'estimated-accuracy': estimatedAccuracyWords,
  'regression-error': regressionErrorWords,
  'sample-ratio': sampleRatioWords,
  'schema-mismatch': mismatchWords,
  silence: silenceWords,
  'cannot-judge': cannotJudgeWords,
};

/** Rules with one finding for each feature. */
const BY_FEATURE: ReadonlySet<RuleName> = new Set([
  'feature-drift',
  'missing-values',
  'new-category',
  'out-of-range',
]);

/**
 * The problem of an alert in plain words, without statistics: the worst finding, and how many other
 * features have the same problem.
 * @param findings worst first
 */
export function headlineOf(findings: readonly Finding[]): string {
  const [worst, ...others] = findings;
  if (!worst) return '';
  const where = worst.segment === '' ? '' : `Segment ${worst.segment}: `;
  const more =
    others.length > 0 && BY_FEATURE.has(worst.rule)
      ? ` ${others.length} more ${others.length === 1 ? 'feature has' : 'features have'} the same problem.`
      : '';
  return `${where}${WORDS[worst.rule](worst)}${more}`;
}
