import type { UseModelResult } from '@perigee/react';

/** One line about a model: its progress while it loads, its version, or why it failed to load. */
export function Loading({
  state: { data: model, version, progress, error },
  name,
}: {
  readonly state: UseModelResult;
  readonly name: string;
}) {
  if (error)
    return (
      <p className="notice bad" role="alert">
        {name} could not be loaded. {error.message}
      </p>
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
