import type { UseModelResult } from '@perigee/react';

/** One line about a model: its progress while it loads, its version, or why it failed to load. */
export function Loading({
  state: { data: model, version, progress, error, refetch },
  name,
}: {
  readonly state: UseModelResult;
  readonly name: string;
}) {
  if (error)
    return (
      <div className="notice bad stack-small" role="alert">
        <p>
          The model {name} could not be loaded.{' '}
          {navigator.onLine
            ? 'Its host may be busy: try again in a moment.'
            : 'This device has no network now.'}
        </p>
        <details>
          <summary>What happened</summary>
          {error.message}
        </details>
        <button type="button" className="button" onClick={() => void refetch()}>
          Try again
        </button>
      </div>
    );
  if (model)
    return (
      <p className="small muted line">
        {name} {version} is loaded.
      </p>
    );
  return (
    <p className="row small muted line" role="status">
      <progress value={progress} max={1} aria-label={`Loading ${name}`} /> Loading {name}
    </p>
  );
}
