import type { LikelyCause } from '../../../../src/api-alerts.ts';
import { CommandLine } from '../../../parts/command-line.tsx';

/** The usual causes of such an alert, with a check for each. */
export function Causes({ causes }: { readonly causes: readonly LikelyCause[] }) {
  return (
    <section className="card stack tight" aria-labelledby="causes">
      <h2 id="causes">Likely causes</h2>
      <ol className="causes">
        {causes.map(({ cause, check, command }) => (
          <li key={cause}>
            <b>{cause}</b>
            <p className="small">{check}</p>
            {command !== null && <CommandLine command={command} />}
          </li>
        ))}
      </ol>
    </section>
  );
}
