import { useCallback } from 'react';
import type { ReactElement } from 'react';
import { usePerigee } from '../provider.ts';
import { Table } from './table.tsx';
import { usePolled } from './use-polled.ts';

const SHOWN = 100;

/** Events of the models on this device, the newest first. */
export function AuditLog(): ReactElement {
  const perigee = usePerigee();
  const [log] = usePolled(useCallback(() => perigee.audit(), [perigee]));
  const entries = log?.entries.slice(-SHOWN).toReversed() ?? [];
  return (
    <>
      {log && (
        <p>
          {log.entries.length} entries.{' '}
          {log.brokenAt === null
            ? 'The chain of digests is intact.'
            : `Entry ${log.brokenAt} was changed afterwards.`}
        </p>
      )}
      <Table
        label="Audit log"
        none="There are no entries."
        head={['#', 'time', 'event', 'model', 'version', 'reason', 'digest']}
        rows={entries.map(({ seq, at, event, model, version, reason, hash }) => [
          seq,
          new Date(at).toLocaleTimeString(),
          event,
          model,
          version,
          reason,
          <code title={hash}>{hash.slice(0, 8)}</code>,
        ])}
      />
    </>
  );
}
