import { Link } from 'wouter';
import type { ModelHealth, VersionHealth } from '../../../src/api.ts';
import { modelPath } from '../../address.ts';
import { AdoptionBar } from '../../charts/adoption-bar.tsx';
import { seriesColor } from '../../charts/series-color.ts';
import { SubjectContext } from '../../charts/export/export-menu.tsx';
import { count } from '../../format.ts';
import { SparklineExport } from './sparkline-export.tsx';
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

interface Props {
  readonly model: ModelHealth;
  /** The period of the figures. */
  readonly from: string;
  readonly to: string;
}

/** A model with one row for each version. */
export function ModelCard({ model: { name, versions }, from, to }: Props) {
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
              comparison={comparisonOf(name, versions, i)}
            />
          ))}
        </tbody>
      </table>
      <SubjectContext value={{ model: name, from, to }}>
        <SparklineExport versions={versions} from={from} to={to} />
      </SubjectContext>
    </section>
  );
}

/**
 * The page that compares a version with the most used one of the others. The newer one, which is
 * first in the list, is the challenger.
 */
function comparisonOf(
  model: string,
  versions: readonly VersionHealth[],
  index: number,
): string | undefined {
  const others = versions.filter((_version, i) => i !== index);
  const other = others.toSorted((a, b) => b.predictions - a.predictions)[0];
  const version = versions[index];
  if (!other || !version) return undefined;
  const [challenger, champion] =
    versions.indexOf(other) < index ? [other, version] : [version, other];
  const pair = { champion: champion.version, challenger: challenger.version };
  return `${modelPath(model, 'releases')}?${new URLSearchParams(pair)}`;
}
