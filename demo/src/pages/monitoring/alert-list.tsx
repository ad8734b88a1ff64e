import type { AlertCard, Snapshot } from '../../fleet/protocol.ts';
import { command } from '../../fleet/use-fleet.ts';
import { clockText, percentText, timeText } from '../../fleet/words.ts';

/** Open alerts: what is wrong, its likely cause, and the button that removes it. */
export function AlertList({ snapshot }: { readonly snapshot: Snapshot }) {
  const { alerts, startedMs } = snapshot;
  return (
    <section className="stack" aria-label="Alerts">
      {/* Screen readers hear the headlines; the figures below them change all the time. */}
      <p className="visually-hidden" role="status">
        {alerts.map(({ headline }) => headline).join(' ')}
      </p>
      {alerts.length === 0 ? (
        <p className="notice good">
          No open alert. The collector judges the last six hours every hour.
        </p>
      ) : (
        alerts.map((alert) => <AlertItem key={alert.id} alert={alert} startedMs={startedMs} />)
      )}
    </section>
  );
}

function AlertItem({
  alert,
  startedMs,
}: {
  readonly alert: AlertCard;
  readonly startedMs: number;
}) {
  const { versions, headline, isUrgent, sinceMs, openedMs, accuracy, cause, next, remedy } = alert;
  const { findings, segments, devices } = alert;
  return (
    <article className={`card alert ${isUrgent ? 'urgent' : ''}`} data-testid="alert">
      <div className="row">
        <span className={`badge ${isUrgent ? 'bad' : 'warn'}`}>
          {isUrgent ? 'wakes someone' : 'for the next working day'}
        </span>
        <span className="muted small">
          {versions.join(', ')} · since {timeText(sinceMs, startedMs)}, proven at{' '}
          {clockText(openedMs)}
        </span>
      </div>
      <h2>{headline}</h2>
      {accuracy && (
        <p>
          Accuracy: {percentText(accuracy.before, 1)} before, <b>{percentText(accuracy.now, 1)}</b>{' '}
          now.
        </p>
      )}
      <p>
        <b>Likely cause.</b> {cause}
      </p>
      <div className="row">
        {remedy && (
          <button type="button" className="button primary" onClick={() => command(remedy.command)}>
            {remedy.label}
          </button>
        )}
        <span className="muted small">{next}</span>
      </div>
      <details>
        <summary>Why the collector is sure ({findings.length})</summary>
        <ul className="findings">
          {findings.map(({ rule, summary }) => (
            <li key={rule}>
              <code>{rule}</code> {summary}
            </li>
          ))}
        </ul>
        <p className="muted small">
          From {devices.toLocaleString('en')} device-hours
          {segments.length > 0 && `; alone it holds for ${segments.join(' and for ')} too`}.
        </p>
      </details>
    </article>
  );
}
