import { useState } from 'react';
import { Link } from 'wouter';
import type { QualityCheck } from '../../../../src/api-quality.ts';
import { modelPath } from '../../../address.ts';
import { interval, rate } from '../../../format.ts';
import { shortfallText } from '../../../parts/shortfall.ts';
import type { SectionProps } from '../section.ts';
import { byFeature, largestRate, RULE_NAMES, rulesOf, VERDICT_WORDS } from './checks.ts';
import { QualityExport } from './quality-export.tsx';

interface Props extends Pick<SectionProps, 'parameters'> {
  readonly model: string;
  readonly checks: readonly QualityCheck[];
}

type Features = ReturnType<typeof byFeature>;

/** Features with a share above its threshold, and the others on request. */
export function QualityTable({ model, checks, parameters }: Props) {
  const [isWhole, setIsWhole] = useState(false);
  const selected = parameters.get('feature');
  const all = byFeature(checks);
  const short = all.filter(({ feature, isNotable }) => isNotable || feature === selected);
  const shown = isWhole ? all : short;
  const others = all.length - short.length;
  return (
    <>
      {shown.length > 0 && (
        <Table
          rules={rulesOf(checks)}
          full={largestRate(checks)}
          features={shown}
          selected={selected}
          linkOf={(feature) => modelPath(model, 'drift') + parameters.with({ feature })}
        />
      )}
      <QualityExport checks={checks} />
      {others > 0 && (
        <p>
          <button
            type="button"
            className="button"
            aria-expanded={isWhole}
            onClick={() => setIsWhole(!isWhole)}
          >
            {isWhole
              ? 'Show fewer features'
              : `Show ${others} more feature${others === 1 ? '' : 's'}`}
          </button>
        </p>
      )}
    </>
  );
}

/** One row per feature, with a column per rule. */
function Table({
  rules,
  full,
  features,
  selected,
  linkOf,
}: {
  readonly rules: readonly QualityCheck['rule'][];
  /** The share that fills a bar. */
  readonly full: number;
  readonly features: Features;
  readonly selected: string | undefined;
  readonly linkOf: (feature: string) => string;
}) {
  return (
    <div className="table-scroll">
      <table className="folding quality" role="table">
        <caption className="visually-hidden">
          Missing, out-of-range and new values of each feature, now and in the reference
        </caption>
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" scope="col">
              Feature
            </th>
            {rules.map((rule) => (
              <th key={rule} role="columnheader" scope="col">
                {RULE_NAMES[rule]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {features.map(({ feature, checks }) => (
            <tr key={feature} role="row" aria-current={feature === selected ? true : undefined}>
              <th role="rowheader" scope="row">
                <Link href={linkOf(feature)} className="feature-name" title={feature}>
                  {feature}
                </Link>
              </th>
              {rules.map((rule) => (
                <td key={rule} role="cell" data-label={RULE_NAMES[rule]}>
                  <Share check={checks.find((one) => one.rule === rule)} full={full} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const TONE = { problem: 'bad', unsure: 'warn', fine: '', 'too-little-data': 'muted' } as const;

function Share({
  check,
  full,
}: {
  /** Undefined where the rule does not apply to the feature. */
  readonly check: QualityCheck | undefined;
  /** The share that fills the bar. */
  readonly full: number;
}) {
  if (!check?.value)
    return (
      <span className="muted" title="The rule does not apply, or no value was counted">
        –
      </span>
    );
  const { rule, value, usual, threshold, verdict, shortfall } = check;
  const range = interval(value, rate);
  return (
    <span className="rate">
      <span className={TONE[verdict]}>
        {rate(value.value)}
        <span className="visually-hidden">{VERDICT_WORDS[verdict]}</span>
      </span>
      <span className="meter" aria-hidden="true">
        <i className={TONE[verdict]} style={{ width: `${(value.value / full) * 100}%` }} />
        {usual > 0 && <em style={{ left: `${(usual / full) * 100}%` }} />}
      </span>
      <small className="muted">
        {shortfall === null
          ? (range ?? 'too few devices for an interval')
          : shortfallText(shortfall)}
        {rule !== 'out-of-range' && `; reference ${rate(usual)}`}; alert from {rate(threshold)}
      </small>
    </span>
  );
}
