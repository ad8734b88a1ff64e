import { useState } from 'react';
import type { SubmitEvent } from 'react';
import { useTitle } from '../../../../ui/use-title.ts';
import type { ErrorAnswer } from '../../src/api.ts';

/** Asks for the collector's admin key. An HttpOnly cookie keeps the session. */
export function SignIn() {
  const [failure, setFailure] = useState<string>();
  const [busy, setBusy] = useState(false);
  useTitle('Sign in');

  const open = async (event: SubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const key = String(new FormData(event.currentTarget).get('key') ?? '');
    setBusy(true);
    try {
      const response = await fetch('/v1/session', {
        method: 'POST',
        headers: { 'content-type': 'text/plain' },
        body: key,
      });
      // Reload the current address, so that all data is requested again.
      if (response.ok) location.reload();
      else setFailure(((await response.json()) as ErrorAnswer).error.message);
    } catch {
      setFailure('The collector does not answer.');
    }
    setBusy(false);
  };

  return (
    <form className="card stack sign-in" onSubmit={(event) => void open(event)}>
      <h1>Sign in</h1>
      <p className="muted">
        Enter the admin key that the collector was started with. This browser then stays signed in
        for 12 hours.
      </p>
      <label className="select">
        <span>Admin key</span>
        <input
          className="button"
          type="password"
          name="key"
          autoComplete="current-password"
          required
          autoFocus
          aria-describedby="sign-in-failure"
        />
      </label>
      <p id="sign-in-failure" role="alert" className="small bad-text">
        {failure}
      </p>
      <button type="submit" className="button primary" disabled={busy}>
        Sign in
      </button>
    </form>
  );
}
