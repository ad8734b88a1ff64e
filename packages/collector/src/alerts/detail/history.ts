import type { AlertHappening } from '../../api-alerts.ts';
import type { Alert } from '../alert.ts';
import type { Logged } from '../log/alert-log.ts';

const WHY = {
  worse: 'It got worse.',
  'told-late': 'Nothing covers it any more.',
  'snooze-over': 'It is still open after the snooze.',
} as const;

/** The history of an alert, oldest first. An older collector logged its times only. */
export function historyOf(
  { id, openedAtMs, resolvedAtMs }: Alert,
  log: readonly Logged[],
  beganMs: number,
): AlertHappening[] {
  const logged = log.filter(({ entry }) => entry.alert === id);
  const has = (kind: 'opened' | 'resolved'): boolean =>
    logged.some(({ entry }) => entry.kind === kind);
  const iso = (ms: number): string => new Date(ms).toISOString();
  const happened = logged.map(({ atMs, entry }) => ({ at: iso(atMs), ...wordsOf(entry) }));
  if (openedAtMs !== null && !has('opened'))
    happened.push({ at: iso(openedAtMs), kind: 'opened', text: 'The alert opened.' });
  if (resolvedAtMs !== null && !has('resolved'))
    happened.push({ at: iso(resolvedAtMs), kind: 'resolved', text: 'The alert resolved.' });
  const began: AlertHappening = { at: iso(beganMs), kind: 'began', text: 'The first bad hour.' };
  return [began, ...happened.toSorted((a, b) => (a.at < b.at ? -1 : 1))];
}

function wordsOf(entry: Logged['entry']): Omit<AlertHappening, 'at'> {
  const note = 'note' in entry && entry.note !== '' ? `: ${entry.note}` : '.';
  switch (entry.kind) {
    case 'opened':
      return { kind: 'opened', text: `The alert opened: ${entry.headline}` };
    case 'updated':
      return { kind: 'worse', text: `${WHY[entry.why ?? 'worse']} ${entry.headline}` };
    case 'resolved':
      return { kind: 'resolved', text: 'The alert resolved.' };
    case 'told':
      return { kind: 'told', text: `${entry.notifier} was told that it ${TOLD[entry.event]}.` };
    case 'acknowledged':
      return { kind: 'acknowledged', text: `${entry.by} looks after it${note}` };
    case 'snoozed': {
      const until =
        entry.untilMs === null
          ? 'until the next version'
          : `until ${new Date(entry.untilMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
      return { kind: 'snoozed', text: `${entry.by} snoozed it ${until}${note}` };
    }
    case 'rolled-back':
      return {
        kind: 'rolled-back',
        text: `${entry.by} rolled ${entry.channel} back to ${entry.to}${note}`,
      };
    case 'woken':
      return { kind: 'woken', text: `${entry.by} ended the snooze${note}` };
  }
}

const TOLD = { opened: 'opened', updated: 'is open', resolved: 'resolved' } as const;
