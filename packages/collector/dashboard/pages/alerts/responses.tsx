import type { AlertView } from '../../../src/api.ts';
import { ago, dateTime } from '../../format.ts';

/** The person who looks after an alert, and the end of its snooze. */
export function Responses({
  alert: { acknowledged, snoozed },
}: {
  readonly alert: Pick<AlertView, 'acknowledged' | 'snoozed'>;
}) {
  if (acknowledged === null && snoozed === null) return null;
  const note = (text: string): string => (text === '' ? '' : `: ${text}`);
  return (
    <p className="small responses">
      {acknowledged !== null && (
        <span>
          <b>{acknowledged.by}</b> looks after it, {ago(acknowledged.at)}
          {note(acknowledged.note)}
        </span>
      )}
      {snoozed !== null && (
        <span>
          Snoozed by <b>{snoozed.by}</b>{' '}
          {snoozed.until === 'next-version'
            ? 'until the next version'
            : `until ${dateTime(snoozed.until)}`}
          {note(snoozed.note)}
        </span>
      )}
    </p>
  );
}
