import type { AuditEntry } from 'perigee';
import type { Device } from './use-device.ts';

const SHOWN_ENTRIES = 12;
const time = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

/** The newest entries of this device's audit log, and whether its hash chain is intact. */
export function AuditLog({ device: { entries, brokenAt } }: { readonly device: Device }) {
  return (
    <section className="card stack" aria-label="Audit log">
      <div className="row">
        <h2>Audit log</h2>
        <span className="spacer" />
        {entries.length > 0 && (
          <span className={`badge ${brokenAt === null ? 'good' : 'bad'}`}>
            {brokenAt === null ? 'hash chain intact' : `hash chain broken at entry ${brokenAt}`}
          </span>
        )}
        <button
          type="button"
          className="button"
          onClick={() => download(entries)}
          disabled={entries.length === 0}
        >
          Export
        </button>
      </div>
      {entries.length === 0 ? (
        <p className="muted">No entries yet.</p>
      ) : (
        <Entries entries={entries.slice(-SHOWN_ENTRIES).toReversed()} />
      )}
    </section>
  );
}

function Entries({ entries }: { readonly entries: readonly AuditEntry[] }) {
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label="Entries of the audit log">
      <table className="audit-log" data-testid="audit">
        <thead>
          <tr>
            {['#', 'time', 'event', 'version', 'reason', 'digest'].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {entries.map(({ seq, at, event, version, reason, hash }) => (
            <tr key={seq}>
              <td>{seq}</td>
              <td>{time.format(new Date(at))}</td>
              <td>{event}</td>
              <td>{version}</td>
              <td>{reason}</td>
              <td>
                <code title={hash}>{hash.slice(0, 8)}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function download(entries: readonly AuditEntry[]): void {
  const text = entries.map((entry) => JSON.stringify(entry)).join('\n');
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/x-ndjson' }));
  link.download = 'perigee-audit.jsonl';
  link.click();
  URL.revokeObjectURL(link.href);
}
