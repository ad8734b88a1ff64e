import { useId, useRef, useState } from 'react';
import type { FormEvent } from 'react';
import type { RollbackAnswer, RollbackStep } from '../../../../src/api-alerts.ts';
import { storedName, storeName } from '../../../parts/operator-name.ts';
import { PersonName } from '../../../parts/person-name.tsx';
import { postJson } from '../../../request.ts';

interface Props {
  readonly alert: string;
  readonly step: RollbackStep;
  /** Called with what was done, in words. */
  readonly onDone: (words: string) => void;
}

/** Rolls a channel back with the collector's keys, after a question. */
export function RollBack({ alert, step: { channel, version }, onDone }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useId();
  const [name, setName] = useState(storedName);
  const [note, setNote] = useState('');
  const [isBusy, setIsBusy] = useState(false);
  const [words, setWords] = useState('');

  const send = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setIsBusy(true);
    setWords('');
    storeName(name);
    const path = `/v1/alerts/${encodeURIComponent(alert)}/rollback`;
    const result = await postJson<RollbackAnswer>(path, { name, note, channel });
    setIsBusy(false);
    if ('failure' in result) return setWords(result.failure);
    const done = result.answer;
    dialog.current?.close();
    onDone(
      done.changed
        ? `${done.channel} is back at ${done.version}. Devices follow with their next check.`
        : `${done.channel} was back at ${done.version} already.`,
    );
  };

  return (
    <div className="row">
      <button
        type="button"
        className="button primary"
        onClick={() => {
          setWords('');
          dialog.current?.showModal();
        }}
      >
        Roll {channel} back to {version}
      </button>
      <dialog ref={dialog} className="card ask" aria-labelledby={title}>
        <form className="stack tight" onSubmit={(event) => void send(event)}>
          <h2 id={title}>
            Roll {channel} back to {version}?
          </h2>
          <p>
            All devices of {channel} get {version} with their next check. Your name and the reason
            go into the audit and into the registry’s log, which its readers can see.
          </p>
          <PersonName value={name} required onChange={setName} />
          <label className="select">
            <span>Reason, optional</span>
            <input
              className="button"
              name="note"
              maxLength={300}
              value={note}
              onChange={({ target }) => setNote(target.value)}
            />
          </label>
          {words !== '' && (
            <p className="notice small" role="alert">
              {words}
            </p>
          )}
          <div className="row">
            <button type="submit" className="button primary" disabled={isBusy}>
              {isBusy ? 'Rolling back …' : 'Roll back'}
            </button>
            <button type="button" className="button" onClick={() => dialog.current?.close()}>
              Cancel
            </button>
          </div>
        </form>
      </dialog>
    </div>
  );
}
