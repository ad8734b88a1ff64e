import { Link } from 'wouter';
import type { PreviousRelease } from '../../../../src/api-alerts.ts';
import type { AlertView } from '../../../../src/api.ts';
import { modelPath } from '../../../address.ts';
import { capital, dateTime, untilText } from '../../../format.ts';
import { figureText } from '../../../parts/figure.tsx';

/** The figures of the version beside those of the version before. */
export function Previous({
  previous,
  alert: { model, version },
}: {
  readonly previous: PreviousRelease | null;
  readonly alert: AlertView;
}) {
  return (
    <section className="card stack tight" aria-labelledby="previous">
      <h2 id="previous">Compared with the previous release</h2>
      {previous === null ? (
        <p className="muted">No earlier version of {model} was counted.</p>
      ) : (
        <>
          <div className="table-scroll" tabIndex={0} role="region" aria-label="Both releases">
            <table>
              <thead>
                <tr>
                  <th scope="col">Figure</th>
                  <th scope="col" className="number">
                    {version}
                  </th>
                  <th scope="col" className="number">
                    {previous.version}
                  </th>
                </tr>
              </thead>
              <tbody>
                {previous.rows.map((row) => (
                  <tr key={row.name}>
                    <th scope="row">{capital(row.name)}</th>
                    <td className="number">
                      {row.current === null ? '–' : figureText(row.current, row.unit)}
                    </td>
                    <td className="number">
                      {row.previous === null ? '–' : figureText(row.previous, row.unit)}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <p className="small muted">
            {previous.version} from {dateTime(previous.from)} to {untilText(previous.to)}; intervals
            are of 95 %.{' '}
            <Link href={comparisonPath(model, previous.version, version)}>
              Compare both on the releases page
            </Link>
          </p>
        </>
      )}
    </section>
  );
}

function comparisonPath(model: string, champion: string, challenger: string): string {
  const versions = new URLSearchParams({ champion, challenger });
  return `${modelPath(model, 'releases')}?${versions}`;
}
