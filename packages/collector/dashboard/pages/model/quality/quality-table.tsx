import { useState } from 'react';
import { Link } from 'wouter';
import type { FeatureDrift } from '../../../../src/api-quality.ts';
import { modelPath } from '../../../address.ts';
import { rate } from '../../../format.ts';
import type { SectionProps } from '../section.ts';
import { checksOf, largestRate, severityOf, worstSeverityOf } from './checks.ts';
import type { Check } from './checks.ts';
import { QualityExport } from './quality-export.tsx';

interface Props extends Pick<SectionProps, 'parameters'> {
  readonly model: string;
  readonly features: readonly FeatureDrift[];
}

/** Features with a problem, and the others on request. */
export function QualityTable({ model, features, parameters }: Props) {
  const [isWhole, setIsWhole] = useState(false);
  const selected = parameters.get('feature');
  const sorted = features.toSorted((a, b) => worstSeverityOf(b) - worstSeverityOf(a));
  const short = sorted.filter(
    (feature) => worstSeverityOf(feature) >= 1 || feature.name === selected,
  );
  const shown = isWhole ? sorted : short;
  const others = features.length - short.length;
  return (
    <>
      {shown.length > 0 && (
        <Table
          checks={checksOf(features)}
          full={largestRate(features)}
          features={shown}
          selected={selected}
          linkOf={(feature) => modelPath(model, 'drift') + parameters.with({ feature })}
        />
      )}
      <QualityExport features={sorted} />
      {others > 0 && (
        <p>
          <button
            type="button"
            className="button"
            aria-expanded={isWhole}
            onClick={() => setIsWhole(!isWhole)}
          >
            {isWhole ? 'Hide' : 'Show'} {others} {others === 1 ? 'feature' : 'features'} without a
            problem
          </button>
        </p>
      )}
    </>
  );
}

/** One row per feature, with a column per check. */
function Table({
  checks,
  full,
  features,
  selected,
  linkOf,
}: {
  readonly checks: readonly Check[];
  /** The share that fills a bar. */
  readonly full: number;
  readonly features: readonly FeatureDrift[];
  readonly selected: string | undefined;
  readonly linkOf: (feature: string) => string;
}) {
  return (
    <div className="table-scroll">
      <table className="folding quality" role="table">
        <caption className="visually-hidden">
          Missing, invalid, out-of-range and other values of each feature, now and in the reference
        </caption>
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" scope="col">
              Feature
            </th>
            {checks.map(({ id, label }) => (
              <th key={id} role="columnheader" scope="col">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {features.map((feature) => (
            <tr
              key={feature.name}
              role="row"
              aria-current={feature.name === selected ? true : undefined}
            >
              <th role="rowheader" scope="row">
                <Link href={linkOf(feature.name)} className="feature-name" title={feature.name}>
                  {feature.name}
                </Link>
              </th>
              {checks.map((check) => (
                <td key={check.id} role="cell" data-label={check.label}>
                  <Rate feature={feature} check={check} full={full} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Rate({
  feature,
  check,
  full,
}: {
  readonly feature: FeatureDrift;
  readonly check: Check;
  /** The share that fills the bar. */
  readonly full: number;
}) {
  if (check.id === 'other' && feature.kind === 'numeric')
    return (
      <span className="muted" title="Numbers have no categories">
        –
      </span>
    );
  const { now, reference } = check.rates(feature.quality);
  const isProblem = severityOf(feature, check) >= 1;
  return (
    <span className="rate">
      <span className={isProblem ? 'bad' : now === 0 ? 'muted' : undefined}>
        {rate(now)}
        {isProblem && <span className="visually-hidden">, a problem</span>}
      </span>
      <span className="meter" aria-hidden="true">
        <i className={isProblem ? 'bad' : ''} style={{ width: `${(now / full) * 100}%` }} />
        {reference > 0 && <em style={{ left: `${(reference / full) * 100}%` }} />}
      </span>
      {check.hasReference && <small className="muted">{`reference ${rate(reference)}`}</small>}
    </span>
  );
}
