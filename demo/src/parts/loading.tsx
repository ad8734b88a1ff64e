import type { ModelState } from '../use-model.ts';

/**
 * One line about a model that is loading, or why it failed to load. Takes the same room in every
 * state.
 */
export function Loading({
  state: { model, progress, error },
  name,
}: {
  readonly state: ModelState;
  readonly name: string;
}) {
  if (error)
    return (
      <p className="badge bad wrap" role="alert">
        {error.message}
      </p>
    );
  if (model)
    return (
      <p className="small muted">
        {name} {model.version} is loaded.
      </p>
    );
  return (
    <p className="row small muted" role="status">
      <progress value={progress} max={1} aria-label={`Loading ${name}`} /> loading {name}
    </p>
  );
}
