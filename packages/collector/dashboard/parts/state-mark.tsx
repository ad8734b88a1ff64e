import type { VersionHealth } from '../../src/api.ts';

type State = VersionHealth['state'];

const WORDS: Readonly<Record<State, string>> = {
  good: 'Healthy',
  warn: 'Needs attention',
  bad: 'Act now',
  unknown: 'Too little data',
  idle: 'Idle',
  'cannot-judge': 'Cannot be judged',
};

/** Shows a state as colour, shape and word, for people who cannot perceive one of them. */
export function StateMark({ state }: { readonly state: State }) {
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
      {WORDS[state]}
    </span>
  );
}
