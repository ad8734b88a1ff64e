import { afterEach } from 'vitest';

if (typeof document !== 'undefined') {
  const { cleanup, configure } = await import('@testing-library/react');
  // Only a test that hangs reaches this limit.
  configure({ asyncUtilTimeout: 60_000 });
  afterEach(cleanup);
}
