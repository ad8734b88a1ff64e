import { useState } from 'react';

/** A command with a button that copies it. */
export function CommandLine({
  command,
  label = 'Command',
}: {
  readonly command: string;
  readonly label?: string;
}) {
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle');
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(command);
      setState('copied');
    } catch {
      // Without HTTPS there is no clipboard. The text can still be selected.
      setState('failed');
    }
  };
  return (
    <div className="command">
      <pre tabIndex={0} role="region" aria-label={label}>
        <code>{command}</code>
      </pre>
      <button type="button" className="button" onClick={() => void copy()}>
        Copy
      </button>
      <span className="small muted" role="status">
        {state === 'copied' && 'Copied.'}
        {state === 'failed' && 'The browser refuses to copy: select the text.'}
      </span>
    </div>
  );
}
