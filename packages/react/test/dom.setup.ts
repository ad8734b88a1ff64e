import { afterEach } from 'vitest';

// Browsers have this function, which reports an error of a listener. jsdom lacks it.
globalThis.reportError ??= console.error;

if (typeof document !== 'undefined') {
  const { cleanup, configure } = await import('@testing-library/react');
  // Only a test that hangs reaches this limit.
  configure({ asyncUtilTimeout: 60_000 });
  afterEach(cleanup);
}
