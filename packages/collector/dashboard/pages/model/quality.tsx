import { Link } from 'wouter';
import type { DriftAnswer, FeatureDrift } from '../../../src/api-quality.ts';
import { modelPath } from '../../address.ts';
import { useApi } from '../../api.ts';
import { count, rate } from '../../format.ts';
import { Answer, Empty } from '../../parts/states.tsx';
import type { SectionProps } from './section.ts';

interface Check {
  readonly id: string;
  readonly label: string;
  readonly rates: (quality: FeatureDrift['quality']) => {
    readonly now: number;
    readonly reference: number;
  };
  /** Whether the reference can contain such values. */
  readonly hasReference: boolean;
  /** Difference from the reference's share from which the value is highlighted. */
  readonly limit: number;
}

/**
 * "Out of range" and "invalid" are relative to the reference's range and types, so the reference
 * has none of them.
 */
const CHECKS: readonly Check[] = [
  {
    id: 'missing',
    label: 'Missing',
    rates: (q) => ({ now: q.missingRate, reference: q.referenceMissingRate }),
    hasReference: true,
    limit: 0.01,
  },
  {
    id: 'invalid',
    label: 'Invalid',
    rates: (q) => ({ now: q.invalidRate, reference: 0 }),
    hasReference: false,
    limit: 0.005,
  },
  {
    id: 'range',
    label: 'Out of range',
    rates: (q) => ({ now: q.outOfRangeRate, reference: 0 }),
    hasReference: false,
    limit: 0.005,
  },
  {
    id: 'other',
    label: 'Other category',
    rates: (q) => ({ now: q.otherRate, reference: q.referenceOtherRate }),
    hasReference: true,
    limit: 0.01,
  },
];

/** Problems with values, by feature, largest difference first. */
export function QualitySection({ model, version, view, base, parameters }: SectionProps) {
  const drift = useApi<DriftAnswer>(`${base}/drift?${view.query({ version })}`);
  // Hide the column for categories if all features are numbers.
  const checks = CHECKS.filter(
    ({ id }) => id !== 'other' || drift.data?.features.some(({ kind }) => kind === 'categorical'),
  );
  return (
    <section className="card stack" aria-label="Quality">
      <div className="row">
        <h2>Values against the reference</h2>
        {drift.data && <Verdict features={drift.data.features} />}
      </div>
      <Answer of={drift} height={400}>
        {({ features, predictions }) =>
          features.length === 0 ? (
            <Empty title="There is nothing to compare">
              The reference of this version names no feature.
            </Empty>
          ) : (
            <>
              <p className="muted small">
                Of {count(predictions)} predictions. The bar is now, the mark the reference; full at{' '}
                {rate(widest(features))}. In colour from a point more missing or other than in the
                reference, or half a point invalid or out of range.
              </p>
              <div className="table-scroll">
                <table className="quality" role="table">
                  <caption className="visually-hidden">
                    Missing, invalid, out of range and other values of each feature, now and in the
                    reference
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
                    {features
                      .toSorted((a, b) => worst(b) - worst(a))
                      .map((feature) => (
                        <tr
                          key={feature.name}
                          role="row"
                          aria-current={
                            feature.name === parameters.get('feature') ? true : undefined
                          }
                        >
                          <th role="rowheader" scope="row">
                            <Link
                              href={
                                modelPath(model.name, 'drift') +
                                parameters.with({ feature: feature.name })
                              }
                              className="feature-name"
                              title={feature.name}
                            >
                              {feature.name}
                            </Link>
                          </th>
                          {checks.map((check) => (
                            <td key={check.id} role="cell" data-label={check.label}>
                              <Rate feature={feature} check={check} full={widest(features)} />
                            </td>
                          ))}
                        </tr>
                      ))}
                  </tbody>
                </table>
              </div>
            </>
          )
        }
      </Answer>
    </section>
  );
}

function Rate({
  feature,
  check,
  full,
}: {
  readonly feature: FeatureDrift;
  readonly check: Check;
  readonly full: number;
}) {
  if (check.id === 'other' && feature.kind === 'numeric')
    return (
      <span className="muted" title="Numbers have no categories">
        –
      </span>
    );
  const { now, reference } = check.rates(feature.quality);
  const off = offBy(feature, check) >= 1;
  return (
    <span className="rate">
      <span className={off ? 'bad' : now === 0 ? 'muted' : undefined}>
        {rate(now)}
        {off && <span className="visually-hidden"> off</span>}
      </span>
      <span className="meter" aria-hidden="true">
        <i className={off ? 'bad' : ''} style={{ width: `${(now / full) * 100}%` }} />
        {reference > 0 && <em style={{ left: `${(reference / full) * 100}%` }} />}
      </span>
      {check.hasReference && <small className="muted">{`reference ${rate(reference)}`}</small>}
    </span>
  );
}

function Verdict({ features }: Pick<DriftAnswer, 'features'>) {
  const off = features.filter((feature) => worst(feature) >= 1).length;
  return (
    <span className={`badge ${off > 0 ? 'warn' : 'good'}`}>
      {off === 0 ? 'as in the reference' : `${off} of ${features.length} features off`}
    </span>
  );
}

function offBy({ quality }: FeatureDrift, { rates, limit }: Check): number {
  const { now, reference } = rates(quality);
  return Math.abs(now - reference) / limit;
}

function worst(feature: FeatureDrift): number {
  return Math.max(...CHECKS.map((check) => offBy(feature, check)));
}

function widest(features: readonly FeatureDrift[]): number {
  return Math.max(
    0.01,
    ...features.flatMap(({ quality }) =>
      CHECKS.flatMap(({ rates }) => Object.values(rates(quality))),
    ),
  );
}
