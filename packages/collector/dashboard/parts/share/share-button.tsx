import { useRef, useState } from 'react';
import type { FormEvent } from 'react';
import { Link } from 'wouter';
import { SHARED_SECTIONS } from '../../../src/api-sharing.ts';
import type { ShareLinkMade } from '../../../src/api-sharing.ts';
import { dateTime } from '../../format.ts';
import { postJson } from '../../request.ts';
import { CommandLine } from '../command-line.tsx';
import { storedName, storeName } from '../operator-name.ts';
import { PersonName } from '../person-name.tsx';
import { Select } from '../select.tsx';
import { sharedAccess, sharedAddress } from './access.ts';

const HOURS = [
  { value: '24', label: '1 day' },
  { value: '168', label: '7 days' },
  { value: '720', label: '30 days' },
  { value: '2160', label: '90 days' },
] as const;

interface Props {
  readonly model: string;
  /** The section on the page, or the id of the alert on it. */
  readonly section?: string;
  readonly alert?: string;
}

/** Opens a dialog that makes a share link for the view or its model. */
export function ShareButton(props: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [isOpen, setIsOpen] = useState(false);
  // A reader by a link cannot share.
  if (sharedAccess()) return null;
  return (
    <>
      <button
        type="button"
        className="button"
        onClick={() => {
          setIsOpen(true);
          dialog.current?.showModal();
        }}
      >
        Share
      </button>
      <dialog
        ref={dialog}
        className="card"
        aria-labelledby="share-title"
        onClose={() => setIsOpen(false)}
      >
        <div className="stack tight">
          <div className="row">
            <h2 id="share-title">Share for reading</h2>
            <span className="spacer" />
            <button type="button" className="button" onClick={() => dialog.current?.close()}>
              Close
            </button>
          </div>
          {/* A link that was made is gone when the dialog opens again. */}
          {isOpen && <ShareForm {...props} />}
        </div>
      </dialog>
    </>
  );
}

function ShareForm({ model, section, alert }: Props) {
  const [name, setName] = useState(storedName);
  const [hours, setHours] = useState<string>(HOURS[1].value);
  const [scope, setScope] = useState('view');
  const [made, setMade] = useState<ShareLinkMade>();
  const [failure, setFailure] = useState('');

  const make = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    storeName(name);
    const isView = scope === 'view';
    const result = await postJson<ShareLinkMade>('/v1/share-links', {
      name,
      model,
      hours: Number(hours),
      section: isView ? (SHARED_SECTIONS.find((known) => known === section) ?? null) : null,
      alert: isView ? (alert ?? null) : null,
      filters: isView && alert === undefined ? filtersOf(section) : {},
    });
    setMade('answer' in result ? result.answer : undefined);
    setFailure('failure' in result ? result.failure : '');
  };

  return (
    <form className="stack tight" onSubmit={(event) => void make(event)}>
      <p className="small muted">
        Everyone with the link can read without signing in, until it ends. The link changes nothing,
        and opens no other model. It is in the <Link href="/audit">audit</Link> with your name, and{' '}
        <Link href="/links">can be revoked</Link>.
      </p>
      <PersonName value={name} required onChange={setName} />
      <div className="row">
        <Select
          label="Opens"
          value={scope}
          options={[
            { value: 'view', label: alert === undefined ? 'this view' : 'this alert' },
            { value: 'model', label: `all pages of ${model}` },
          ]}
          onChange={(next) => setScope(next ?? 'view')}
        />
        <Select
          label="Ends in"
          value={hours}
          options={HOURS}
          onChange={(next) => setHours(next ?? HOURS[1].value)}
        />
        <button type="submit" className="button primary">
          Make the link
        </button>
      </div>
      <div role="status">
        {failure !== '' && <p className="small bad-text">{failure}</p>}
        {made && (
          <>
            <p className="small">Ends on {dateTime(made.expiresAt)}. It is shown only now.</p>
            <CommandLine command={sharedAddress(pathOf(made), made.token)} label="Share link" />
          </>
        )}
      </div>
    </form>
  );
}

/** The filters of the address that each request of the section names. */
function filtersOf(section: string | undefined): Readonly<Record<string, string>> {
  const parameters = new URLSearchParams(location.search);
  // Releases compares versions, so it has no filter by one.
  const names = ['backend', 'browser', 'segment', ...(section === 'releases' ? [] : ['version'])];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = parameters.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
}

/** The page that the link opens: this one, or this model's page if the link opens no alert. */
function pathOf({ scope: { model, alert } }: ShareLinkMade): string {
  const isAlertPage = location.pathname.startsWith('/alerts/');
  return isAlertPage && alert === null
    ? `/models/${encodeURIComponent(model)}`
    : location.pathname + location.search;
}
