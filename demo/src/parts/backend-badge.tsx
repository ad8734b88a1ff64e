import type { Model } from 'perigee';

/** The backend that the model runs on. */
export function BackendBadge({ model }: { readonly model: Model | undefined }) {
  if (!model)
    return (
      <span className="badge" data-testid="backend">
        …
      </span>
    );
  return (
    <span className="badge accent" data-testid="backend">
      {model.backend}
      {model.backend === 'wasm' && `, ${model.threads} thread${model.threads === 1 ? '' : 's'}`}
    </span>
  );
}
