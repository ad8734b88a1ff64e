import { useState } from 'react';
import type { FormEvent } from 'react';
import type { AlertView } from '../../../../src/api.ts';
import { storedName, storeName } from '../../../parts/operator-name.ts';
import { PersonName } from '../../../parts/person-name.tsx';
import { postJson } from '../../../request.ts';

const SNOOZES = [
  { until: '1h', label: 'Snooze 1 h' },
  { until: '8h', label: 'Snooze 8 h' },
  { until: 'next-version', label: 'Snooze until the next version' },
] as const;

interface Props {
  /** The alerts of one card: they have one cause, so one person looks after all of them. */
  readonly alerts: readonly AlertView[];
  /** Called with what was done, in words. */
  readonly onChange: (words: string) => void;
}

/** Acknowledges or snoozes alerts, in the name of a person. */
export function Respond({ alerts, onChange }: Props) {
  const [name, setName] = useState(storedName);
  const [note, setNote] = useState('');
  const [state, setState] = useState<{ busy: boolean; words: string }>({ busy: false, words: '' });
  const isSnoozed = alerts.some(({ snoozed }) => snoozed !== null);

  const send = async (action: string, done: string, until?: string): Promise<void> => {
    if (name.trim() === '') {
      setState({ busy: false, words: 'Enter your name first.' });
      return;
    }
    storeName(name);
    setState({ busy: true, words: '' });
    const failures = await Promise.all(
      alerts.map(({ id }) => post(id, action, { name, note, ...(until && { until }) })),
    );
    const failure = failures.find((one) => one !== undefined);
    setState({ busy: false, words: failure ?? '' });
    if (failure === undefined) setNote('');
    onChange(failure === undefined ? done : '');
  };

  return (
    <form
      className="respond"
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        void send('acknowledge', 'Acknowledged.');
      }}
    >
      <PersonName value={name} onChange={setName} />
      <label className="select note">
        <span>Note, optional</span>
        <input
          className="button"
          name="note"
          maxLength={1_000}
          value={note}
          onChange={({ target }) => setNote(target.value)}
        />
      </label>
      <div className="row">
        <button type="submit" className="button primary" disabled={state.busy}>
          Acknowledge
        </button>
        {SNOOZES.map(({ until, label }) => (
          <button
            key={until}
            type="button"
            className="button"
            disabled={state.busy}
            onClick={() => void send('snooze', 'Snoozed.', until)}
          >
            {label}
          </button>
        ))}
        {isSnoozed && (
          <button
            type="button"
            className="button"
            disabled={state.busy}
            onClick={() => void send('wake', 'The snooze is over.')}
          >
            End the snooze
          </button>
        )}
      </div>
      <p className="small muted" role="status">
        {state.words}
      </p>
    </form>
  );
}

/** @returns why it failed; undefined if it did not */
async function post(id: string, action: string, body: object): Promise<string | undefined> {
  const result = await postJson(`/v1/alerts/${encodeURIComponent(id)}/${action}`, body);
  return 'failure' in result ? result.failure : undefined;
}
