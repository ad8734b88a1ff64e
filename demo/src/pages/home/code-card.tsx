import { useState } from 'react';
import { SIX_LINES } from './six-lines.ts';

const CREATE = 'npm create perigee my-app';
const COPIED_MS = 2_000;

/** The whole way to an answer, as code that the tests of this repository check. */
export function CodeCard() {
  return (
    <section className="card stack" aria-label="In six lines">
      <h2>In six lines</h2>
      <pre className="code" tabIndex={0} aria-label="Code">
        {SIX_LINES.trim()}
      </pre>
      <p className="muted">
        Types of inputs and answers come from the model. One option more, <code>telemetry</code>,
        sends counts to your own collector.
      </p>
    </section>
  );
}

/** The next command, to copy. */
export function NextCard() {
  const [isCopied, setIsCopied] = useState(false);
  async function copy(): Promise<void> {
    await navigator.clipboard.writeText(CREATE);
    setIsCopied(true);
    setTimeout(() => setIsCopied(false), COPIED_MS);
  }
  return (
    <section className="card stack next" aria-label="Begin">
      <h2>Begin</h2>
      <div className="row">
        <code className="command">{CREATE}</code>
        <button type="button" className="button" onClick={() => void copy()}>
          {isCopied ? 'Copied' : 'Copy'}
        </button>
      </div>
      <p className="muted">
        It writes a small app with a sample model: a page with Vite, a page with React, or a program
        for Node. The repository’s <code>docs/</code> folder goes on from there: delivering a model,
        monitoring it, privacy, browsers.
      </p>
    </section>
  );
}
