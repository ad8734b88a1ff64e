import type { ComparedMetric } from '../api.ts';
import type { Facts } from '../alerts/facts.ts';
import type { Finding, RuleName } from '../alerts/finding.ts';
import type { Rules } from '../alerts/rules.ts';
import { ALARM, HALF_ALARM } from '../analysis/growing-metric.ts';
import { atLeast, atMost, rateOf } from '../analysis/estimate.ts';
import { duration, percent } from '../numbers.ts';
import { isNear } from './judging.ts';
import type { Doubts } from './judging.ts';
import { finding } from './version-counts.ts';
import type { VersionCounts } from './version-counts.ts';

const RULE_OF = {
  'failed-sessions': 'error-rate',
  'golden-failures': 'golden-failures',
  'degraded-sessions': 'fallback-rate',
  latency: 'latency',
  accuracy: 'accuracy',
} as const satisfies Readonly<Record<ComparedMetric['name'], RuleName>>;
/** Smallest rise of a share, and smallest drop of accuracy, that a comparison treats as harm. */
const LEAST_RISE = 0.002;
const LEAST_FALL = 0.02;
/** Sessions needed for a finding on the share of failed ones. */
const MIN_SESSIONS = 20;

/** Compares a version with the previous version, with its own past, and with absolute limits. */
export function releaseFindings(
  counts: VersionCounts,
  rules: Rules['rules'],
  doubts: Doubts,
): Finding[] {
  const { comparison, past } = counts;
  return [
    ...ceilingFindings(counts, rules, doubts),
    // Without another version beside it there is nothing to doubt: its alerts end in time.
    ...(comparison
      ? comparedFindings(
          counts,
          {
            subject: '',
            metrics: comparison.metrics,
            words: (value) => `${value} for ${comparison.champion}, which runs beside it`,
            than: { version: comparison.champion },
          },
          rules,
          doubts,
        )
      : []),
    ...comparedFindings(
      counts,
      {
        subject: 'own past',
        metrics: past?.metrics ?? [],
        words: (value) => `${value} in ${past?.when ?? ''}`,
        than: { when: past?.when ?? '' },
      },
      rules,
      doubts,
    ),
    ...ratioFindings(counts, rules, doubts),
  ];
}

/** An absolute limit that needs no baseline. */
function ceilingFindings(counts: VersionCounts, rules: Rules['rules'], doubts: Doubts): Finding[] {
  const { model, version, fleet } = counts;
  const { ceiling: threshold } = rules['error-rate'].thresholds;
  const failed = rateOf(
    fleet.groups,
    ({ sessions }) => sessions.failed,
    ({ sessions }) => sessions.started,
    fleet.rawShare,
  );
  const sessions = fleet.total.sessions.started * fleet.rawShare;
  if (!failed || sessions < MIN_SESSIONS) {
    doubts.tooLittle('error-rate', 'ceiling');
    return [];
  }
  const low = atLeast(failed, sessions);
  if (low < threshold) {
    if (isNear(failed.value, 0, threshold)) doubts.near('error-rate', 'ceiling');
    return [];
  }
  return [
    finding(
      counts,
      'error-rate',
      'ceiling',
      'page',
      { value: failed.value, low, high: atMost(failed, sessions), threshold, unit: 'share' },
      `${percent(failed.value)} of the sessions of ${model}@${version} fail.`,
      { effectiveN: Math.round(sessions) },
    ),
  ];
}

interface Comparison {
  /** Subject of its findings, which keeps the comparisons of a rule apart in alerts. */
  readonly subject: string;
  readonly metrics: readonly ComparedMetric[];
  /** Describes the baseline, given its value. */
  readonly words: (value: string) => string;
  readonly than: NonNullable<Facts['than']>;
}

/** Reports only what an e-process has proven, so that hourly evaluation causes no false alarms. */
function comparedFindings(
  counts: VersionCounts,
  { subject, metrics, words, than }: Comparison,
  rules: Rules['rules'],
  doubts: Doubts,
): Finding[] {
  const { model, version } = counts;
  const byName = new Map(metrics.map((metric) => [metric.name, metric]));
  return (Object.keys(RULE_OF) as ComparedMetric['name'][]).flatMap((name): Finding[] => {
    const [rule, metric] = [RULE_OF[name], byName.get(name)];
    if (!metric) {
      if (!isJudgedAlone(name, subject, counts)) doubts.tooLittle(rule, subject);
      return [];
    }
    const limits = rules[rule].thresholds;
    const ratio = 'ratio' in limits ? limits.ratio : 1;
    // Evidence in one half of the fleet alone may come from a few devices that always fail.
    const inBoth = (metric.path.at(-1)?.halves ?? [0, 0]).every((eValue) => eValue >= HALF_ALARM);
    const isProven =
      inBoth && metric.alarm && metric.eValue >= ('eValue' in limits ? limits.eValue : ALARM);
    const { value, low, high } = metric.challenger;
    const threshold = metric.champion.value * ratio;
    if (!isProven || ('ratio' in limits && value < threshold)) {
      if (isNear(value, metric.champion.value, lineOf(metric, ratio))) doubts.near(rule, subject);
      return [];
    }
    const [after, before] =
      metric.unit === 'ms'
        ? [duration(value), duration(metric.champion.value)]
        : [percent(value), percent(metric.champion.value)];
    return [
      finding(
        counts,
        rule,
        subject,
        'page',
        { value, low: low ?? value, high: high ?? value, threshold, unit: metric.unit },
        `${name.replace('-', ' ')} of ${model}@${version}: ${after}, against ${words(before)}.`,
        { effectiveN: metric.n.challenger, facts: { usual: metric.champion.value, than } },
      ),
    ];
  });
}

/**
 * True if another rule produces findings with this subject from the version's own figures. That
 * rule then decides when they end.
 */
function isJudgedAlone(
  name: ComparedMetric['name'],
  subject: string,
  { reference }: VersionCounts,
): boolean {
  if (subject !== '') return false;
  return (
    name === 'golden-failures' ||
    (name === 'accuracy' && reference?.profile.output?.calibration !== undefined)
  );
}

/**
 * The value from which a change counts as harm: the rule's ratio, and at least what a comparison
 * treats as harm.
 */
function lineOf({ name, champion: { value } }: ComparedMetric, ratio: number): number {
  if (name === 'accuracy') return value - LEAST_FALL;
  return name === 'latency' ? value * ratio : Math.max(value * ratio, value + LEAST_RISE);
}

function ratioFindings(counts: VersionCounts, rules: Rules['rules'], doubts: Doubts): Finding[] {
  const { comparison, version } = counts;
  const { observed = null, expected = null, pValue = null } = comparison?.sampleRatio ?? {};
  if (expected === null || observed === null) return [];
  if (pValue === null) doubts.tooLittle('sample-ratio', '');
  if (pValue === null || pValue >= rules['sample-ratio'].thresholds.pValue) return [];
  return [
    finding(
      counts,
      'sample-ratio',
      '',
      'ticket',
      { value: observed, low: observed, high: observed, threshold: expected, unit: 'share' },
      `${version} has ${percent(observed)} of the sessions; its rollout asks for ` +
        `${percent(expected)}. Either devices fail before they count a session, or counts are ` +
        'lost on the way.',
    ),
  ];
}
