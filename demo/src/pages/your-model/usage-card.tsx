import { useState } from 'react';
import { usageCode } from './usage-code.ts';
import type { OpenedModel } from './use-opened-model.ts';

/** Code that runs the opened model, to copy. */
export function UsageCard({ opened }: { readonly opened: OpenedModel }) {
  const [isCopied, setIsCopied] = useState(false);
  const code = usageCode(opened.name, opened.signature);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(code);
    setIsCopied(true);
  };
  return (
    <section className="card stack" aria-label="Code">
      <div className="row">
        <h2>Use it in your app</h2>
        <span className="spacer" />
        <span className="small muted" role="status">
          {isCopied && 'Copied.'}
        </span>
        {'clipboard' in navigator && (
          <button type="button" className="button" onClick={() => void copy()}>
            Copy
          </button>
        )}
      </div>
      <pre className="preview code" tabIndex={0} aria-label="Code to copy" data-testid="usage">
        {code}
      </pre>
      <p className="small muted">
        Put the file{opened.isSeveral && 's'} into your app’s folder <code>public/models</code>, and
        fill the inputs with your values.
      </p>
    </section>
  );
}
