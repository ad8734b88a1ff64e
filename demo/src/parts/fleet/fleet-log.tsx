import type { LogEntry, Snapshot } from '../../fleet/protocol.ts';
import { timeText } from '../../fleet/words.ts';

const SHOWN = 12;
const KINDS: Readonly<Record<LogEntry['kind'], string>> = {
  publisher: 'publisher',
  device: 'device',
  guard: 'guard',
  alert: 'collector',
  world: 'world',
};

/** The log of events, newest first. */
export function FleetLog({ snapshot: { log, startedMs } }: { readonly snapshot: Snapshot }) {
  return (
    <section className="card stack" aria-label="What happened">
      <h2>What happened</h2>
      {log.length === 0 ? (
        <p className="muted">Nothing yet. All devices run the first version.</p>
      ) : (
        <ol className="plain fleet-log" data-testid="fleet-log">
          {log
            .slice(-SHOWN)
            .toReversed()
            .map(({ id, atMs, kind, tone, text, devices }) => (
              <li key={id}>
                <span className="muted small">{timeText(atMs, startedMs)}</span>
                <span className={`badge ${tone === 'plain' ? '' : tone}`}>{KINDS[kind]}</span>
                <span>
                  {text}
                  {devices > 1 && <b> {devices} devices did so.</b>}
                </span>
              </li>
            ))}
        </ol>
      )}
    </section>
  );
}
