import { parseJson, reader, RegistryError } from '@perigee/registry';
import { RULE_NAMES, SEVERITIES } from './finding.ts';
import type { RuleName } from './finding.ts';
import { DEFAULT_THRESHOLDS } from './thresholds.ts';
import type { ForWindows, Route, Rules, RuleSettings, Silence } from './thresholds.ts';

export type { Rules } from './thresholds.ts';

type Reader = ReturnType<typeof reader>;

const HOUR_MS = 3_600_000;
const FOR_WINDOWS: ForWindows = { holds: 2, of: 3 };
const MAX_WINDOWS = 168;
const MAX_HOURS = 24 * 31;
const MAX_BYTES = 256 * 1024;
const MAX_ENTRIES = 1_000;
const NAME_LENGTH = 128;
const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?Z$/;

/** The rules without a rules file, and the defaults for everything that a file omits. */
export const DEFAULT_RULES: Rules = parseRules('{"schema":"perigee-alerts/1"}');

/**
 * Parses a rules file in JSON; docs/alerts.md describes it. Unknown keys are refused, because a
 * misspelled key would silently have no effect.
 * @throws Error with the JSON path, the found and the expected value, and a remedy
 * @example
 * ```ts
 * const rules = parseRules(await readFile('alerts.json', 'utf8'));
 * await startCollector({ rules });
 * ```
 */
export function parseRules(text: string): Rules {
  try {
    return readRules(
      reader(parseJson(new TextEncoder().encode(text), 'alert rules', MAX_BYTES), '$'),
    );
  } catch (cause) {
    if (!(cause instanceof RegistryError)) throw cause;
    throw new Error(
      `${cause.message} Correct the rules file; docs/alerts.md lists what it may hold.`,
      { cause },
    );
  }
}

function readRules(root: Reader): Rules {
  onlyKeys(root, [
    'schema',
    'expectedFalseAlertsPerMonth',
    'forWindows',
    'keepFiringForHours',
    'repeatAfterHours',
    'rules',
    'silences',
    'routes',
  ]);
  root.field('schema').oneOf(['perigee-alerts/1']);
  const forWindows = root.optional('forWindows', readForWindows) ?? FOR_WINDOWS;
  const rules =
    root.field('rules').value === undefined ? reader({}, '$.rules') : root.field('rules');
  onlyKeys(rules, RULE_NAMES);
  return {
    expectedFalseAlertsPerMonth:
      root.optional('expectedFalseAlertsPerMonth', (field) => numberIn(field, 0.001, 1_000)) ?? 1,
    keepFiringForMs:
      HOUR_MS *
      (root.optional('keepFiringForHours', (field) => numberIn(field, 0, MAX_HOURS)) ?? 6),
    repeatAfterMs:
      HOUR_MS * (root.optional('repeatAfterHours', (field) => numberIn(field, 0, MAX_HOURS)) ?? 4),
    rules: Object.fromEntries(
      RULE_NAMES.map((name) => [name, readRule(rules, name, forWindows)]),
    ) as unknown as Rules['rules'],
    silences: root.optional('silences', (field) => field.list(MAX_ENTRIES, readSilence)) ?? [],
    routes: root.optional('routes', (field) => field.list(MAX_ENTRIES, readRoute)) ?? [],
  };
}

function readRule(rules: Reader, name: RuleName, forWindows: ForWindows): RuleSettings {
  const rule = rules.optional(name, (field) => field) ?? reader({}, `${rules.path}.${name}`);
  onlyKeys(rule, ['on', 'severity', 'thresholds', 'forWindows']);
  return {
    on: rule.optional('on', (field) => field.boolean()) ?? true,
    severity: rule.optional('severity', (field) => field.oneOf(SEVERITIES)) ?? null,
    forWindows: rule.optional('forWindows', readForWindows) ?? forWindows,
    thresholds: readThresholds(
      rule.optional('thresholds', (field) => field) ?? reader({}, `${rule.path}.thresholds`),
      DEFAULT_THRESHOLDS[name],
    ) as RuleSettings['thresholds'],
  };
}

function readThresholds(
  field: Reader,
  defaults: Readonly<Record<string, number>>,
): Record<string, number> {
  onlyKeys(field, Object.keys(defaults));
  return Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => [
      name,
      field.optional(name, (threshold) => numberIn(threshold, 0, 1e9)) ?? value,
    ]),
  );
}

function readForWindows(field: Reader): ForWindows {
  onlyKeys(field, ['holds', 'of']);
  const of = field.field('of').integer(1, MAX_WINDOWS);
  return { holds: field.field('holds').integer(1, of), of };
}

function readSilence(field: Reader): Silence {
  onlyKeys(field, ['model', 'version', 'rule', 'until', 'reason']);
  const matches = {
    ...whenGiven('model', field.optional('model', name)),
    ...whenGiven('version', field.optional('version', name)),
    ...whenGiven(
      'rule',
      field.optional('rule', (rule) => rule.oneOf(RULE_NAMES)),
    ),
  };
  if (Object.keys(matches).length === 0)
    field.fail('"model", "version" or "rule" to say what is silenced');
  return {
    ...matches,
    untilMs: timeOf(field.field('until')),
    reason: field.optional('reason', (reason) => reason.text(1_000)) ?? '',
  };
}

function readRoute(field: Reader): Route {
  onlyKeys(field, ['notifier', 'severity', 'model']);
  return {
    notifier: name(field.field('notifier')),
    ...whenGiven(
      'severity',
      field.optional('severity', (severity) => severity.oneOf(SEVERITIES)),
    ),
    ...whenGiven('model', field.optional('model', name)),
  };
}

function name(field: Reader): string {
  return field.text(NAME_LENGTH) || field.fail('a name');
}

function numberIn(field: Reader, min: number, max: number): number {
  const value = field.number();
  return value >= min && value <= max ? value : field.fail(`a number from ${min} to ${max}`);
}

/** UTC only: a time without a zone means a different moment on each machine. */
function timeOf(field: Reader): number {
  const text = field.text();
  const ms = ISO_TIME.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? field.fail('a time in UTC like "2026-12-01T08:00:00Z"') : ms;
}

function whenGiven<K extends string, T>(key: K, value: T | undefined): { [P in K]?: T } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: T };
}

function onlyKeys(field: Reader, allowed: readonly string[]): void {
  for (const [key, item] of field.entries(MAX_ENTRIES, (item) => item)) {
    if (!allowed.includes(key))
      throw new Error(
        `${item.path}: the alert rules know no such key; expected ` +
          `${allowed.map((one) => `"${one}"`).join(', ') || 'none'}. Correct its name, or ` +
          'remove it; docs/alerts.md lists what the file may hold.',
      );
  }
}
