import type { ModelState } from '../use-model.ts';

/** One line about a model: its progress while it loads, its version, or why it failed to load. */
export function Loading({
  state: { model, progress, error },
  name,
}: {
  readonly state: ModelState;
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
        {name} {model.version} is loaded.
      </p>
    );
  return (
    <p className="row small muted line" role="status">
      <progress value={progress} max={1} aria-label={`Loading ${name}`} /> Loading {name}
    </p>
  );
}
