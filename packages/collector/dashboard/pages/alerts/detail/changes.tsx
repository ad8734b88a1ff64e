import type { Mark } from '../../../../src/api-alerts.ts';
import { capital, dateTime, hours } from '../../../format.ts';
import { MARK_SIGN } from '../../../parts/mark-sign.ts';

const HOUR_MS = 3_600_000;

/** Changes in the days before the first bad hour, latest first. */
export function Changes({
  changes,
  since,
}: {
  readonly changes: readonly Mark[];
  readonly since: string;
}) {
  return (
    <section className="card stack tight" aria-labelledby="changes">
      <h2 id="changes">What changed before</h2>
      {changes.length === 0 ? (
        <p className="muted">
          No release, rollout step or change of the rules in the three days before. The cause is
          probably outside: the app, the users, a browser.
        </p>
      ) : (
        <ul className="plain happenings">
          {changes.map((mark) => (
            <li key={`${mark.at} ${mark.text}`}>
              <span className={`sign ${mark.kind}`} aria-hidden="true">
                {MARK_SIGN[mark.kind]}
              </span>
              <span>{capital(mark.text)}</span>
              <time className="small muted" dateTime={mark.at} title={dateTime(mark.at)}>
                {earlier(mark.at, since)}
              </time>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** The time between a change and the first bad hour. */
function earlier(at: string, since: string): string {
  const ms = Date.parse(since) - Date.parse(at);
  if (ms < 0) return 'in the first bad hour';
  if (ms < HOUR_MS) return `${Math.max(1, Math.round(ms / 60_000))} min earlier`;
  return `${hours(Math.round(ms / HOUR_MS))} earlier`;
}
