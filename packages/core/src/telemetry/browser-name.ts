/**
 * Returns the browser or runtime from a closed list, without its version: enough to see a fault of
 * one engine, too little to identify people.
 */
export function browserName(): string {
  const scope = globalThis as {
    Deno?: unknown;
    Bun?: unknown;
    process?: { versions?: { node?: string } };
    navigator?: { userAgent?: string };
  };
  if (scope.Deno !== undefined) return 'deno';
  if (scope.Bun !== undefined) return 'bun';
  if (scope.process?.versions?.node !== undefined) return 'node';
  const agent = scope.navigator?.userAgent ?? '';
  if (agent.includes('Firefox/')) return 'firefox';
  if (/Chrom(e|ium)\//.test(agent)) return 'chromium';
  return agent.includes('AppleWebKit/') ? 'webkit' : 'other';
}
