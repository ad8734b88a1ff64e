import type { Shortfall, VersionHealth } from '../../src/api.ts';
import { capital } from '../format.ts';
import { shortfallText } from './shortfall.ts';

type State = VersionHealth['state'];

const WORDS: Readonly<Record<State, string>> = {
  good: 'Healthy',
  warn: 'Needs attention',
  bad: 'Act now',
  unknown: 'Not enough yet',
  idle: 'Idle',
  'cannot-judge': 'Cannot be judged',
};

/** Shows a state as colour, shape and word, for people who cannot perceive one of them. */
export function StateMark({
  state,
  shortfall = null,
}: {
  readonly state: State;
  /** The counts that a verdict still needs, shown instead of the word. */
  readonly shortfall?: Shortfall | null;
}) {
  return (
    <span className={`state ${state}`}>
      <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">
        {state === 'good' && <circle cx="5" cy="5" r="4.5" />}
        {state === 'warn' && <path d="M5 .4 9.8 9.4H.2Z" />}
        {state === 'bad' && <path d="M5 0 10 5 5 10 0 5Z" />}
        {(state === 'idle' || state === 'unknown' || state === 'cannot-judge') && (
          <circle cx="5" cy="5" r="3.6" fill="none" stroke="currentColor" strokeWidth="1.6" />
        )}
      </svg>
      {shortfall === null ? WORDS[state] : capital(shortfallText(shortfall))}
    </span>
  );
}
