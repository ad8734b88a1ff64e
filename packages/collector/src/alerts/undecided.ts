import type { Finding, RuleName, Undecided } from './finding.ts';

const HOUR_MS = 3_600_000;
const MAX_NAMED = 5;

type About = Pick<Finding, 'model' | 'version' | 'segment' | 'rule'>;

/**
 * The entry that keeps a subject of an alert unchanged; undefined if the window could decide it.
 */
export function undecidedOf(
  undecided: readonly Undecided[],
  about: About,
  subject: string,
): Undecided | undefined {
  // Every analysis shows whether something can be judged again.
  if (about.rule === 'cannot-judge') return undefined;
  const matches = (wanted: string | null, is: string): boolean => wanted === null || wanted === is;
  return undecided.find(
    (one) =>
      matches(one.model, about.model) &&
      matches(one.version, about.version) &&
      matches(one.segment, about.segment) &&
      matches(one.rule, about.rule) &&
      matches(one.subject, subject),
  );
}

/** One finding per model or version that could not be judged because something is broken. */
export function faultFindings(undecided: readonly Undecided[], nowMs: number): Finding[] {
  const groups = new Map<string, Undecided[]>();
  for (const one of undecided.filter(({ kind }) => kind === 'fault')) {
    const key = JSON.stringify([one.model, one.version]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const hour = Math.floor(nowMs / HOUR_MS);
  return [...groups.values()].flatMap((faults): Finding[] => {
    const [first] = faults;
    if (!first) return [];
    const { model, version } = first;
    // A fault of a whole model is not repeated for each of its versions.
    if (version !== null && groups.has(JSON.stringify([model, null]))) return [];
    return [
      {
        rule: 'cannot-judge',
        model: model ?? '',
        version: version ?? '',
        segment: '',
        subject: '',
        severity: 'ticket',
        effect: { value: 1, low: 1, high: 1, threshold: 1, unit: 'share' },
        effectiveN: 0,
        devices: 0,
        topFeatures: [],
        firstVersionSeen: version ?? '',
        fromHour: hour - 1,
        toHour: hour,
        facts: { reasons: reasonsOf(faults) },
        summary:
          `${nameOf(model, version)} cannot be judged${rulesOf(faults)}: ` +
          `${reasonsOf(faults).join('; ')}. ` +
          'Alerts that are open stay open until it can.',
      },
    ];
  });
}

function reasonsOf(faults: readonly Undecided[]): string[] {
  return [...new Set(faults.map(({ reason }) => reason.replace(/\.$/, '')))];
}

function nameOf(model: string | null, version: string | null): string {
  if (model === null) return 'Every model';
  return version === null ? `Every version of ${model}` : `${model}@${version}`;
}

function rulesOf(faults: readonly Undecided[]): string {
  const rules = [...new Set(faults.map(({ rule }) => rule))];
  if (rules.some((rule) => rule === null)) return '';
  const shown = rules.slice(0, MAX_NAMED) as RuleName[];
  return (
    ' by ' +
    `${shown.join(', ')}${rules.length > shown.length ? ` and ${rules.length - shown.length} more` : ''}`
  );
}
