import type { ReactNode } from 'react';
import type { Model } from 'perigee';
import type { UseModelResult } from '@perigee/react';
import { shapeText } from '../../format.ts';
import { FaultNotice } from '../../parts/fault-notice.tsx';
import { Trials } from './trials.tsx';
import { useUpdate } from './use-update.ts';

/** The loaded version: what it takes, where it runs, and how fast it was opened. */
export function LoadedModel({ state }: { readonly state: UseModelResult }) {
  const { data: model, isUpdating, progress } = state;
  const update = useUpdate(state);
  return (
    <section className="card stack" aria-label="Model">
      <h2>digits</h2>
      <Facts model={model} />
      <div className="trials-space">
        {model && model.trials.length > 0 && <Trials model={model} />}
      </div>
      <div className="row">
        <button
          type="button"
          className="button primary"
          data-testid="update-button"
          disabled={!model || isUpdating}
          onClick={() => void update.start()}
        >
          Check and update
        </button>
        {(isUpdating || !model) && (
          <progress
            value={progress}
            max={1}
            aria-label={isUpdating ? 'Updating digits' : 'Loading digits'}
          />
        )}
      </div>
      <p className="small muted line" role="status">
        {update.message || (
          <>
            The button asks the channel stable for a newer version, downloads and verifies it, and
            switches to it. A publisher offers one with{' '}
            <code>perigee promote digits@1.1.0 --to .perigee/registry</code>.
          </>
        )}
      </p>
      {update.fault && (
        <FaultNotice
          fault={update.fault}
          what="No newer version was installed; this one goes on."
          onRetry={() => void update.start()}
        />
      )}
    </section>
  );
}

function Facts({ model }: { readonly model: Model | undefined }) {
  const isolationNote =
    model?.threads === 1 && !crossOriginIsolated
      ? ', because this page is not cross-origin isolated (COOP and COEP headers)'
      : '';
  return (
    <dl className="pairs facts">
      <Fact name="version">
        <b data-testid="version">{model?.version ?? '…'}</b>
      </Fact>
      <Fact name="variant">{model?.variant ?? '…'}</Fact>
      <Fact name="backend">
        <span data-testid="backend">{model?.backend ?? '…'}</span>
        {model && <span className="muted">, {model.engine} engine</span>}
      </Fact>
      <Fact name="inputs">{model?.signature.inputs.map(tensorText).join('; ') ?? '…'}</Fact>
      <Fact name="outputs">{model?.signature.outputs.map(tensorText).join('; ') ?? '…'}</Fact>
      <Fact name="threads">{model ? `${model.threads}${isolationNote}` : '…'}</Fact>
      <Fact name="loaded in">{model ? loadText(model.loadTiming) : '…'}</Fact>
    </dl>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function tensorText({ name, dtype, shape }: Model['signature']['inputs'][number]): string {
  return `${name}: ${dtype} ${shapeText(shape)}`;
}

function loadText({ totalMs, readMs, createMs }: Model['loadTiming']): string {
  return (
    `${totalMs.toFixed(0)} ms (${readMs.toFixed(0)} ms reading, ` +
    `${createMs.toFixed(0)} ms compiling)`
  );
}
