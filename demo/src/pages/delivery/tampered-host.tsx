import { useState } from 'react';
import { createPerigee } from 'perigee';
import { Details } from '../../parts/fault-notice.tsx';
import { faultOf } from '../../visitor-words.ts';
import { tamperedFetch } from './tampered-fetch.ts';

interface Outcome {
  readonly isRefused: boolean;
  readonly message: string;
  readonly detail?: string;
}

/** Loads a model while one bit of every model file is changed on the way. */
export function TamperedHost() {
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [busy, setBusy] = useState(false);
  const attempt = async (): Promise<void> => {
    setBusy(true);
    setOutcome(await loadFromTamperedHost());
    setBusy(false);
  };
  return (
    <section className="card stack" aria-label="A tampered host">
      <div className="row">
        <h2>A tampered host</h2>
        <span className="spacer" />
        <button type="button" className="button" onClick={() => void attempt()} disabled={busy}>
          {busy ? 'Loading …' : 'Load from this host'}
        </button>
      </div>
      <p className="muted">
        A device loads the same registry through a <code>request.fetch</code> that changes one bit
        of every model file, as a host that somebody tampered with would.
      </p>
      {outcome && (
        <div
          className={`notice ${outcome.isRefused ? 'good' : 'bad'}`}
          role="status"
          data-testid="refused"
        >
          <p>
            {outcome.isRefused ? 'Refused.' : 'Not refused.'} {outcome.message}
          </p>
          {outcome.detail && <Details text={outcome.detail} />}
        </div>
      )}
    </section>
  );
}

async function loadFromTamperedHost(): Promise<Outcome> {
  const perigee = createPerigee({
    registry: new URL('registry/', document.baseURI).href,
    store: 'memory',
    request: { fetch: tamperedFetch },
  });
  try {
    const { version } = await perigee.load('digits', { update: 'latest' });
    return { isRefused: false, message: `digits ${version} was loaded.` };
  } catch (error) {
    const { words, detail, code } = faultOf(error);
    // A host that cannot be reached has refused itself.
    return { isRefused: code !== 'NETWORK', message: words, detail };
  } finally {
    await perigee.dispose();
  }
}
