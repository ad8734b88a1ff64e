import { createHash } from 'node:crypto';
import type { CollectorStore } from '../store/store.ts';
import { RULE_NAMES } from './finding.ts';
import type { Rules } from './thresholds.ts';

const KIND = 'rules';

/**
 * Notes in the audit log that the rules are others than those of the last start, and what changed.
 * A rule that changed can explain an alert.
 */
export async function noteRules(
  store: Pick<CollectorStore, 'list' | 'put'>,
  rules: Rules,
  nowMs: number,
): Promise<void> {
  const before = (await store.list(KIND, 1))[0]?.body as Rules | undefined;
  const text = JSON.stringify(rules);
  if (before && JSON.stringify(before) === text) return;
  await store.put(KIND, 'current', rules, nowMs);
  if (!before) return;
  const changes = changesOf(before, rules);
  if (changes.length === 0) return;
  const id = createHash('sha256').update(`${text} ${nowMs}`).digest('hex').slice(0, 32);
  const entry = {
    actor: 'operator',
    action: 'rules-changed',
    model: '',
    version: '',
    summary: `Alert rules changed: ${changes.join('; ')}.`,
    evidence: null,
  };
  await store.put('audit', id, entry, nowMs);
}

/** Differences that decide when alerts open; not who is told. */
function changesOf(before: Rules, after: Rules): string[] {
  const settings = (rules: Rules): Map<string, string> =>
    new Map(
      [
        ['false alerts a month', String(rules.expectedFalseAlertsPerMonth)],
        ['keep firing', `${rules.keepFiringForMs / 3_600_000} h`],
        ['silences', JSON.stringify(rules.silences)],
        ...RULE_NAMES.flatMap((name) => {
          const rule = rules.rules[name] as Rules['rules'][typeof name] | undefined;
          if (!rule) return [];
          return [
            [name, rule.on ? 'on' : 'off'],
            [`${name} severity`, rule.severity ?? 'automatic'],
            [`${name} windows`, `${rule.forWindows.holds} of ${rule.forWindows.of}`],
            ...Object.entries(rule.thresholds).map(([key, value]) => [
              `${name} ${key}`,
              String(value),
            ]),
          ];
        }),
      ].map(([key = '', value = '']) => [key, value]),
    );
  const [old, now] = [settings(before), settings(after)];
  return [...now].flatMap(([key, value]) => {
    const was = old.get(key);
    if (was === value || was === undefined) return [];
    return [key === 'silences' ? 'silences' : `${key} ${was} → ${value}`];
  });
}
