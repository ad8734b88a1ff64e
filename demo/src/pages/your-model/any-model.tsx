import { lazy, Suspense } from 'react';
import { FaultNotice } from '../../parts/fault-notice.tsx';
import { ModelDrop } from './model-drop.tsx';
import { RunChart } from './run-chart.tsx';
import { RunForm } from './run-form.tsx';
import { SampleList } from './sample-list.tsx';
import { filesOf } from './samples.ts';
import { SignatureTable } from './signature-table.tsx';
import { UsageCard } from './usage-card.tsx';
import { useOpenedModel } from './use-opened-model.ts';
import type { AnyModelTasks, OpenedModel } from './use-opened-model.ts';

const GraphCard = lazy(() => import('./graph/graph-card.tsx'));

/** Opens any model of the visitor, and shows what is in it and how fast it runs here. */
export function AnyModel() {
  const tasks = useOpenedModel();
  const { opened, progress, fault, open, reopen, stop } = tasks;
  return (
    <div className="stack" data-testid="any-model">
      <section className="card stack" aria-label="Open a model">
        <ModelDrop onModel={(source) => void open(() => source)} />
        <h2>Or press a sample</h2>
        <SampleList onSample={(sample) => void open((signal) => filesOf(sample, signal))} />
        {progress !== undefined && (
          <div className="row">
            <progress value={progress} max={1} aria-label="Opening the model" />
            <button type="button" className="button" onClick={stop}>
              Stop
            </button>
          </div>
        )}
        {fault && (
          <FaultNotice
            fault={fault}
            onRetry={fault.mayRetry && opened === undefined ? reopen : undefined}
          />
        )}
      </section>
      {opened && <Opened opened={opened} tasks={tasks} />}
    </div>
  );
}

function Opened({
  opened,
  tasks: { isComparing, runs, compare, stop },
}: {
  readonly opened: OpenedModel;
  readonly tasks: AnyModelTasks;
}) {
  return (
    <>
      <section className="card stack" aria-label="Inputs and outputs">
        <h2>What goes in, what comes out</h2>
        <SignatureTable name={opened.name} signature={opened.signature} />
      </section>
      <section className="card stack" aria-label="Time on each backend">
        <h2>How fast it runs here</h2>
        <RunForm
          inputs={opened.signature.inputs}
          isRunning={isComparing}
          onRun={(inputs) => void compare(opened, inputs)}
          onStop={stop}
        />
        {runs.length > 0 && <RunChart runs={runs} />}
      </section>
      <Suspense fallback={<div className="skeleton graph-waiting" />}>
        <GraphCard source={opened.source} />
      </Suspense>
      <UsageCard opened={opened} />
    </>
  );
}
