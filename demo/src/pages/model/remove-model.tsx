import { usePerigee } from '@perigee/react';
import { useState } from 'react';
import { FaultNotice } from '../../parts/fault-notice.tsx';
import { faultOf } from '../../visitor-words.ts';
import type { Fault } from '../../visitor-words.ts';

interface Props {
  readonly isStored: boolean;
  readonly onChange: () => Promise<void>;
}

/** Removes digits from this device after a second press, and brings it back. */
export function RemoveModel({ isStored, onChange }: Props) {
  const perigee = usePerigee();
  const [isAsking, setIsAsking] = useState(false);
  const [fault, setFault] = useState<Fault>();
  const [isBusy, setIsBusy] = useState(false);

  async function work(task: () => Promise<void>): Promise<void> {
    setIsAsking(false);
    setFault(undefined);
    setIsBusy(true);
    await task().catch((error: unknown) => setFault(faultOf(error)));
    await onChange();
    setIsBusy(false);
  }
  const remove = (): void => void work(() => perigee.remove('digits'));
  const fetchAgain = (): void =>
    void work(async () => (await perigee.load('digits', { update: 'latest' })).dispose());

  return (
    <>
      {fault && <FaultNotice fault={fault} onRetry={isStored ? remove : fetchAgain} />}
      {isAsking ? (
        <div className="row" role="group" aria-label="Remove digits?">
          <span>Remove every version of digits? The next visit downloads it again.</span>
          <button type="button" className="button primary" onClick={remove}>
            Remove
          </button>
          <button type="button" className="button" onClick={() => setIsAsking(false)}>
            Keep
          </button>
        </div>
      ) : isStored ? (
        <div className="row">
          <button
            type="button"
            className="button"
            disabled={isBusy}
            onClick={() => setIsAsking(true)}
          >
            Remove digits from this device
          </button>
        </div>
      ) : (
        <div className="row">
          <span className="small muted">
            digits is not stored here now. The loaded model goes on until its worker ends.
          </span>
          <button type="button" className="button" disabled={isBusy} onClick={fetchAgain}>
            Download digits
          </button>
        </div>
      )}
    </>
  );
}
