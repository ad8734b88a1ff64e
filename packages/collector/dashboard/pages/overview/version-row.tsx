import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Estimate, VersionHealth } from '../../../src/api.ts';
import { modelPath } from '../../address.ts';
import { Sparkline } from '../../charts/sparkline.tsx';
import { count, duration, interval, percent, rate, times } from '../../format.ts';
import { Estimated } from '../../parts/estimated.tsx';
import { StateMark } from '../../parts/state-mark.tsx';
import { VERDICT_TONE } from '../../parts/verdict.ts';

interface Props {
  readonly model: string;
  readonly health: VersionHealth;
  readonly color: string;
  /** The page that compares this version with another. */
  readonly comparison: string | undefined;
}

/** The health of one version. Figures link to the pages that explain them. */
export function VersionRow({ model, health, color, comparison }: Props) {
  const { version, state, adoption, sessions, failedSessions, goldenFailures, goldenTrials } =
    health;
  const { p50Ms, accuracy, worstFeature, predictions, sparkline } = health;
  const query = `?version=${encodeURIComponent(version)}`;
  const to = (section: string): string => modelPath(model, section) + query;
  return (
    <tr role="row">
      <VersionName health={health} color={color} comparison={comparison} href={to('drift')} />
      <Cell label="Adoption">{percent(adoption, adoption > 0 && adoption < 0.1 ? 1 : 0)}</Cell>
      <Cell label="Failed sessions">
        <Failures of={failedSessions} n={sessions} />
      </Cell>
      <Cell label="Golden failures">
        <Failures of={goldenFailures} n={goldenTrials} />
      </Cell>
      <Cell label="p50">
        {p50Ms === null ? (
          <None />
        ) : (
          <Link href={to('latency')} className="plain-link">
            {duration(p50Ms)}
          </Link>
        )}
      </Cell>
      <Cell label="Accuracy">
        {accuracy === null ? <None /> : <Accuracy of={accuracy} href={to('performance')} />}
      </Cell>
      <Cell label="Most drifted">
        {worstFeature === null || worstFeature.ratio < NOTABLE ? (
          <None />
        ) : (
          <WorstFeature
            {...worstFeature}
            href={`${to('drift')}&feature=${encodeURIComponent(worstFeature.name)}`}
          />
        )}
      </Cell>
      <Cell label="Predictions">
        <span className="trend">
          <Sparkline
            values={sparkline}
            color={color}
            label={`Predictions of ${version} per hour over the last day`}
          />
          {state === 'cannot-judge' ? <None /> : <span>{count(predictions)}</span>}
        </span>
      </Cell>
    </tr>
  );
}

/** Features below this fraction of their threshold are not shown. */
const NOTABLE = 0.05;

function VersionName({
  health: { version, state, shortfall, cannotJudge },
  color,
  comparison,
  href,
}: Pick<Props, 'health' | 'color' | 'comparison'> & { readonly href: string }) {
  return (
    <th role="rowheader" scope="row">
      <Link href={href}>
        <i className="swatch" style={{ background: color }} />
        {version}
      </Link>
      <StateMark state={state} shortfall={shortfall} />
      {comparison !== undefined && (
        <Link href={comparison} className="compare" aria-label={`Compare ${version}`}>
          Compare
        </Link>
      )}
      {cannotJudge !== null && (
        <small className="muted reason">
          {state === 'cannot-judge' ? cannotJudge : `Drift cannot be judged: ${cannotJudge}`}
        </small>
      )}
    </th>
  );
}

/** `label` names the cell where the table is folded, on narrow screens. */
function Cell({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <td role="cell" data-label={label}>
      {children}
    </td>
  );
}

/** A share of failures; of few devices the counts, which say how few they are. */
function Failures({ of: share, n }: { readonly of: Estimate | null; readonly n: number }) {
  if (share === null) return <None />;
  if (share.low !== null) return <Estimated of={share} print={rate} />;
  return (
    <span className="estimated">
      <span>
        {count(Math.round(share.value * n))} of {count(n)}
      </span>
      <small>too few devices</small>
    </span>
  );
}

function None() {
  return <span className="muted">–</span>;
}

function Accuracy({
  of: accuracy,
  href,
}: {
  readonly of: NonNullable<VersionHealth['accuracy']>;
  readonly href: string;
}) {
  const range = interval(accuracy, percent);
  const { kind, inputsMoved } = accuracy;
  return (
    <Link href={href} className="plain-link">
      <span className={`accuracy ${kind}`}>
        {kind === 'estimated' && '≈ '}
        {/* Without an interval, a share of few devices would look more certain than it is. */}
        {range === undefined ? '–' : percent(accuracy.value)}
        <small>{kind}</small>
        <small className="range">{range ?? 'too few devices yet'}</small>
        {kind === 'estimated' && inputsMoved && (
          <small className="warn">inputs have moved: it may be wrong</small>
        )}
      </span>
    </Link>
  );
}

function WorstFeature({
  name,
  ratio,
  verdict,
  href,
}: NonNullable<VersionHealth['worstFeature']> & { readonly href: string }) {
  return (
    <Link href={href} className="plain-link worst">
      <span className="feature-name" title={name}>
        {name}
      </span>
      <small className={VERDICT_TONE[verdict] === 'good' ? '' : VERDICT_TONE[verdict]}>
        {times(ratio)} threshold{verdict === 'unsure' && ', not significant'}
      </small>
    </Link>
  );
}
