import type { AlertHappening } from '../../../../src/api-alerts.ts';
import { dateTime } from '../../../format.ts';

/** The history of the alert, oldest first. */
export function History({ history }: { readonly history: readonly AlertHappening[] }) {
  return (
    <section className="card stack tight" aria-labelledby="history">
      <h2 id="history">History</h2>
      <ol className="plain happenings timed">
        {history.map(({ at, text }) => (
          <li key={`${at} ${text}`}>
            <time className="small muted" dateTime={at}>
              {dateTime(at)}
            </time>
            <span>{text}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
