import type { StorageReport } from 'perigee';
import { useStorage } from '@perigee/react';
import { bytes } from '../../format.ts';
import { RemoveModel } from './remove-model.tsx';

const REFRESH_MS = 2_000;
const STORE: Readonly<Record<StorageReport['kind'], string>> = {
  indexeddb: 'IndexedDB',
  memory: 'memory',
  'file-system': 'files',
};

/** The models that are stored on this device, and their sizes. */
export function Storage() {
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
      <RemoveModel
        isStored={report?.models.some(({ name }) => name === 'digits') ?? false}
        onChange={refetch}
      />
    </section>
  );
}

function StoredModels({ models }: Pick<StorageReport, 'models'>) {
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label="Stored models">
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
    </div>
  );
}
