import { FIELDS } from '../profile/layout.ts';
import type { GoldenCounts, ProfileCounts, SessionCounts } from '../profile/layout.ts';
import { createErrorCounter } from './errors.ts';

/** Counts sessions, and the errors, fallbacks and golden trials in them. */
export interface SessionCounter {
  observeSession(): void;
  observeError(code: string): void;
  observeFallback(): void;
  observeGolden(passed: boolean): void;
  take(): Pick<ProfileCounts, 'sessions' | 'golden' | 'errors' | 'fallbacks' | 'failedDevices'>;
}

/** The same counts with writable fields. */
type Counts<T> = { -readonly [K in keyof T]: number };

export function createSessionCounter(): SessionCounter {
  // Initially true: do not count faults of an opening that was not counted itself.
  const inSession = { degraded: true, failed: true };
  let sessions: Counts<SessionCounts> = FIELDS.sessions.empty();
  let golden: Counts<GoldenCounts> = FIELDS.golden.empty();
  let fallbacks = 0;
  const errors = createErrorCounter();
  return {
    observeSession() {
      sessions.started += 1;
      inSession.degraded = inSession.failed = false;
    },
    observeError(code) {
      errors.observe(code);
      if (!inSession.failed) sessions.failed += 1;
      inSession.failed = true;
    },
    observeFallback() {
      fallbacks += 1;
      if (!inSession.degraded) sessions.degraded += 1;
      inSession.degraded = true;
    },
    observeGolden(passed) {
      golden[passed ? 'passed' : 'failed'] += 1;
    },
    take() {
      const failedDevices = Math.min(1, sessions.failed);
      const taken = { sessions, golden, fallbacks, errors: errors.take(), failedDevices };
      sessions = FIELDS.sessions.empty();
      golden = FIELDS.golden.empty();
      fallbacks = 0;
      return taken;
    },
  };
}
