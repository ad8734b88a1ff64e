/**
 * Waits in a page until it has received the code that the SDK fetches after a load, for methods
 * that are called later: the chunks of `fetchAhead()` in `packages/core/src/main/refusals.ts`. Uses
 * nothing outside itself, so that drivers can send its source.
 */
export async function fetchedAhead() {
  const end = Date.now() + 60_000;
  const absent = () => {
    const urls = performance.getEntriesByType('resource').map(({ name }) => name);
    return ['predict-several', 'replace-failed', 'tools', 'versions'].filter(
      (chunk) => !urls.some((url) => url.includes(`/assets/${chunk}-`)),
    );
  };
  while (absent().length > 0) {
    if (Date.now() > end) throw new Error(`The page did not receive ${absent().join(', ')}.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
