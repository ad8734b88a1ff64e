import { bytes } from '../../format.ts';
import type { Device } from './use-device.ts';

const TONE = {
  active: 'good',
  previous: 'accent',
  bad: 'bad',
  verified: '',
  staging: 'warn',
} as const;

/** The versions that this device keeps, and their state. */
export function StoredVersions({ device: { stored, busy, forget } }: { readonly device: Device }) {
  return (
    <section className="card stack" aria-label="Stored versions">
      <div className="row">
        <h2>Stored versions</h2>
        <span className="spacer" />
        <button type="button" className="button" onClick={forget} disabled={busy !== null}>
          Delete all
        </button>
      </div>
      <div
        className="table-scroll"
        tabIndex={0}
        role="region"
        aria-label="Table of stored versions"
      >
        <table>
          <thead>
            <tr>
              <th scope="col">version</th>
              <th scope="col">variant</th>
              <th scope="col" className="number">
                size
              </th>
              <th scope="col">state</th>
            </tr>
          </thead>
          <tbody>
            {stored.map(({ version, variant, state, sizeBytes, reason, rolledBack }) => (
              <tr key={version + variant}>
                <td>{version}</td>
                <td>{variant}</td>
                <td className="number">{bytes(sizeBytes)}</td>
                <td>
                  <span className={`badge ${rolledBack ? '' : TONE[state]}`} title={reason}>
                    {rolledBack ? 'rolled back' : state}
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="small muted">
        A channel says which version its devices use. This page follows channel beta; the other
        pages follow channel stable, so a version of each can be active. The previous version stays
        until the new one has answered often enough. Tensors that both versions share are stored
        once.
      </p>
    </section>
  );
}
