import { ModelDrop } from './model-drop.tsx';
import { RunChart } from './run-chart.tsx';
import { RunForm } from './run-form.tsx';
import { SignatureTable } from './signature-table.tsx';
import { useOpenedModel } from './use-opened-model.ts';

/**
 * Opens any model of the visitor: shows its inputs and outputs, and how fast each backend of this
 * device runs it.
 */
export function AnyModel() {
  const { opened, progress, isComparing, runs, failure, open, compare, stop } = useOpenedModel();
  return (
    <section className="card stack" aria-label="The model" data-testid="any-model">
      <ModelDrop onModel={(source) => void open(source)} />
      {progress !== undefined && (
        <div className="row">
          <progress value={progress} max={1} aria-label="Opening the model" />
          <button type="button" className="button" onClick={stop}>
            Stop
          </button>
        </div>
      )}
      {failure && (
        <p className="notice bad" role="alert">
          {failure}
        </p>
      )}
      {opened && (
        <>
          <SignatureTable name={opened.name} signature={opened.signature} />
          <RunForm
            inputs={opened.signature.inputs}
            isRunning={isComparing}
            onRun={(inputs) => void compare(opened, inputs)}
            onStop={stop}
          />
          {runs.length > 0 && <RunChart runs={runs} />}
        </>
      )}
    </section>
  );
}
