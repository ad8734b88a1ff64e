import type { Evidence, GuardState, Snapshot } from '../../fleet/protocol.ts';
import { percentText } from '../../fleet/words.ts';

/** Odds from which a metric counts as a signal of harm. */
const ALARM = 100;

const NAMES: Readonly<Record<string, string>> = {
  'failed-sessions': 'failing devices',
  'golden-failures': 'refused by golden samples',
  'degraded-sessions': 'slower backend',
  latency: 'latency',
  accuracy: 'accuracy',
};

/** The guard's comparison of the new version with the old one, and what it decided. */
export function GuardCard({ snapshot: { guard, rollout } }: { readonly snapshot: Snapshot }) {
  return (
    <section className="card stack" aria-label="Guard">
      <div className="row">
        <h2>Guard</h2>
        <span className="spacer" />
        <span className={`badge ${toneOf(guard)}`} role="status" data-testid="guard">
          {titleOf(guard, rollout !== null)}
        </span>
      </div>
      <p className="muted">{wordsOf(guard)}</p>
      {guard.evidence.length > 0 && (
        <ul className="plain evidence" aria-label="Evidence of harm, by metric">
          {guard.evidence.filter(hasHappened).map((one) => (
            <EvidenceRow key={one.name} evidence={one} />
          ))}
        </ul>
      )}
    </section>
  );
}

/** A metric that is zero for both versions says nothing. */
function hasHappened({ champion, challenger }: Evidence): boolean {
  return champion > 0 || challenger > 0;
}

function EvidenceRow({ evidence }: { readonly evidence: Evidence }) {
  const { name, unit, champion, challenger, eValue } = evidence;
  const text = (value: number): string =>
    unit === 'ms' ? `${value.toFixed(1)}\u00A0ms` : percentText(value, 1);
  // 1 : 1 is nothing; the bar is full at 100 : 1.
  const filled = Math.min(1, Math.max(0, Math.log(eValue) / Math.log(ALARM)));
  return (
    <li>
      <span>{NAMES[name] ?? name}</span>
      <span className="muted">
        {text(challenger)} <small>instead of</small> {text(champion)}
      </span>
      <span className={`bar ${filled === 1 ? 'alarm' : ''}`} aria-hidden="true">
        <i style={{ width: `${filled * 100}%` }} />
      </span>
      <span className="number small">{oddsText(eValue)}</span>
    </li>
  );
}

function oddsText(eValue: number): string {
  if (eValue >= 1e6) return '> 1M : 1';
  return `${eValue < 10 ? eValue.toFixed(1) : Math.round(eValue).toLocaleString('en')} : 1`;
}

function toneOf({ outcome }: GuardState): string {
  if (outcome === 'acted') return 'good';
  return outcome === 'idle' ? '' : 'accent';
}

function titleOf({ outcome, version }: GuardState, isRunning: boolean): string {
  if (outcome === 'acted') return `took ${version} back`;
  return isRunning ? 'watching' : 'nothing to watch';
}

function wordsOf({ outcome, version, reasons }: GuardState): string {
  switch (outcome) {
    case 'idle':
      return (
        'While a rollout runs, it compares both versions hour by hour. It takes the new one back ' +
        'as soon as two signals prove harm.'
      );
    case 'waiting':
      return `No device has reported ${version} yet.`;
    case 'too-little-data':
      return `Too few sessions of ${version} for a verdict.`;
    case 'no-harm-seen':
      return `No harm is proven so far. A bar is full at odds of 100 to 1.`;
    case 'acted':
      return `It ended the rollout: ${reasons.join('; ')}.`;
  }
}
