import type { ReactElement } from 'react';
import type { StoredFault } from 'perigee';
import { usePerigee } from '../provider.ts';
import { useStorage } from '../use-device.ts';
import { bytes, Table } from './table.tsx';
import { useAction } from './use-action.tsx';

/** The stored models of this device, with buttons to verify, repair and remove them. */
export function Storage(): ReactElement {
  const perigee = usePerigee();
  const { data: report, refetch } = useStorage({ refetchInterval: 1_000 });
  const [act, message] = useAction();
  const { storage } = perigee;
  const names = [...new Set(report?.models.map(({ name }) => name))];
  const persist = async (): Promise<string> =>
    (await storage.persist()) ? 'the browser agreed' : 'the browser refused';
  return (
    <>
      {message}
      {report && (
        <p>
          {bytes(report.chunkBytes)} in {report.kind}
          {report.usageBytes !== undefined && `, ${bytes(report.usageBytes)} of the origin`}
          {report.quotaBytes !== undefined && ` of ${bytes(report.quotaBytes)}`}
          {report.persisted !== undefined && (report.persisted ? ', persistent' : ', evictable')}
        </p>
      )}
      <div className="actions">
        <button
          type="button"
          onClick={() => act('Verify', async () => faults(await storage.verify()))}
        >
          Verify
        </button>
        <button
          type="button"
          onClick={() => act('Repair', async () => faults(await storage.repair()))}
        >
          Repair
        </button>
        <button type="button" onClick={() => act('Persist', persist)}>
          Persist
        </button>
        {names.map((name) => (
          <button
            key={name}
            type="button"
            onClick={() => act(`Remove ${name}`, () => perigee.remove(name).then(refetch))}
          >
            Remove {name}
          </button>
        ))}
      </div>
      <Table
        label="Stored versions"
        none="Nothing is stored."
        head={['model', 'version', 'variant', 'state', 'size']}
        rows={(report?.models ?? []).map((one) => [
          one.name,
          one.version,
          one.variant,
          one.state,
          bytes(one.sizeBytes),
        ])}
      />
    </>
  );
}

function faults(found: readonly StoredFault[]): string {
  if (found.length === 0) return 'nothing is damaged';
  return found.map(({ name, version, fault }) => `${name} ${version}: ${fault}`).join('; ');
}
