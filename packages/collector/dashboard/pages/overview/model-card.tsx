import { Link } from 'wouter';
import type { ModelHealth } from '../../../src/api.ts';
import { modelPath } from '../../address.ts';
import { AdoptionBar } from '../../charts/adoption-bar.tsx';
import { seriesColor } from '../../charts/series-color.ts';
import { count } from '../../format.ts';
import { VersionRow } from './version-row.tsx';

const COLUMNS = [
  'Version',
  'Adoption',
  'Failed sessions',
  'Golden failures',
  'p50',
  'Accuracy',
  'Most drifted',
  'Predictions',
] as const;

/** A model with one row for each version. */
export function ModelCard({ model: { name, versions } }: { readonly model: ModelHealth }) {
  const total = versions.reduce((sum, { predictions }) => sum + predictions, 0);
  return (
    <section className="card model-card" aria-label={name}>
      <div className="row">
        <h2>
          <Link href={modelPath(name)}>{name}</Link>
        </h2>
        <span className="muted small">
          {count(total)} predictions in {versions.length} version{versions.length === 1 ? '' : 's'}
        </span>
      </div>
      <AdoptionBar
        shares={versions.map(({ version, adoption }) => ({ version, share: adoption }))}
      />
      {/* Explicit roles: the layout for narrow screens removes the table's implicit ones. */}
      <table className="folding health" role="table">
        <caption className="visually-hidden">Health of the versions of {name}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {COLUMNS.map((column) => (
              <th key={column} role="columnheader" scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {versions.map((version, i) => (
            <VersionRow
              key={version.version}
              model={name}
              health={version}
              color={seriesColor(i)}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}
