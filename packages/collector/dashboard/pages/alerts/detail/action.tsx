import { Link } from 'wouter';
import type { AlertAnswer } from '../../../../src/api-alerts.ts';
import { ago } from '../../../format.ts';
import { CommandLine } from '../../../parts/command-line.tsx';
import { sharedAccess } from '../../../parts/share/access.ts';
import { RollBack } from './roll-back.tsx';

/** Actions: the rollback, the state of the guard, the runbook. */
export function Action({
  answer,
  onChange,
}: {
  readonly answer: AlertAnswer;
  readonly onChange: (words: string) => void;
}) {
  const { rollback, guard, runbook, alert } = answer;
  const canRun = rollback.canRun && !sharedAccess();
  return (
    <section className="card stack tight" aria-labelledby="action">
      <h2 id="action">What to do</h2>
      <p>{rollback.advice}</p>
      {canRun &&
        rollback.steps.map((step) => (
          <RollBack key={step.channel} alert={alert.id} step={step} onDone={onChange} />
        ))}
      {rollback.steps.length > 0 && <Commands rollback={rollback} />}
      <p className="small">
        <b>Guard:</b> {guard.text}
        {guard.lastSeen !== null && (
          <span className="muted"> A guard asked {ago(guard.lastSeen)}.</span>
        )}
      </p>
      <p>
        <Link href={runbook}>Runbook for {alert.rule} →</Link>
      </p>
    </section>
  );
}

function Commands({ rollback: { steps, canRun } }: Pick<AlertAnswer, 'rollback'>) {
  const needsPlace = steps.some(({ command }) => command.includes('$REGISTRY'));
  return (
    <>
      {steps.map(({ command }) => (
        <CommandLine key={command} command={command} />
      ))}
      {needsPlace && (
        <p className="small muted">
          REGISTRY is the folder or the s3:// address that you publish to. This collector reads the
          registry from a URL, which cannot be written to.
        </p>
      )}
      <p className="small muted">
        {canRun && !sharedAccess() ? 'Or run the command' : 'Run it'} where the signing keys are.
        {!canRun && ' This collector has no key, so it cannot roll back by itself.'}
      </p>
    </>
  );
}
