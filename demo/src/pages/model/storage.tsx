import type { StorageReport } from 'perigee';
import { usePerigee, useStorage } from '@perigee/react';
import { bytes } from '../../format.ts';

const REFRESH_MS = 2_000;
const STORE: Readonly<Record<StorageReport['kind'], string>> = {
  indexeddb: 'IndexedDB',
  memory: 'memory',
  'file-system': 'files',
};

/** The models that are stored on this device, and their sizes. */
export function Storage() {
  const perigee = usePerigee();
  const { data: report, refetch } = useStorage({ refetchInterval: REFRESH_MS });
  return (
    <section className="card stack" aria-label="Storage">
      <h2>Storage</h2>
      <p>
        <b data-testid="stored-bytes">{report ? bytes(report.chunkBytes) : '…'}</b>{' '}
        <span className="muted">
          in {report ? STORE[report.kind] : '…'}. Every chunk was verified against its digest.
        </span>
      </p>
      {report?.models.length === 0 ? (
        <p className="muted">No model is stored on this device.</p>
      ) : (
        <StoredModels models={report?.models ?? []} />
      )}
      <div className="row">
        <button
          type="button"
          className="button"
          onClick={() => void perigee.remove('digits').then(refetch)}
        >
          Remove digits from this device
        </button>
      </div>
    </section>
  );
}

function StoredModels({ models }: Pick<StorageReport, 'models'>) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">model</th>
          <th scope="col">state</th>
          <th scope="col" className="number">
            size
          </th>
        </tr>
      </thead>
      <tbody>
        {models.map(({ name, version, state, sizeBytes }) => (
          <tr key={`${name} ${version}`}>
            <td>
              {name} {version}
            </td>
            <td>{state}</td>
            <td className="number">{bytes(sizeBytes)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
