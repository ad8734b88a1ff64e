import type { PerigeeState } from '../perigee-state.ts';
import type { Finding } from './finding.ts';
import { headersOf } from './head.ts';
import { isServer } from './place.ts';

const OPENER = 'Cross-Origin-Opener-Policy: same-origin';
const EMBEDDER = 'Cross-Origin-Embedder-Policy: require-corp';

/**
 * Checks for workers and cross-origin isolation. wasm threads share memory, which browsers allow
 * only on isolated pages.
 */
export async function checkIsolation({ runtime }: PerigeeState): Promise<readonly Finding[]> {
  if (isServer(runtime)) return [];
  const findings: Finding[] = [];
  if (typeof Worker !== 'function') {
    findings.push({
      id: 'workers-absent',
      severity: 'warning',
      what: 'Models run in this thread, and every call blocks it.',
      why: 'There is no Worker here, as in a service worker.',
      remedy: 'Load models on a page, or in a worker of the app.',
    });
  }
  if (globalThis.crossOriginIsolated) return findings;
  const [why, remedy] = await reason();
  const what = 'wasm runs on one thread.';
  findings.push({ id: 'threads-off', severity: 'warning', what, why, remedy });
  return findings;
}

async function reason(): Promise<readonly [why: string, remedy: string]> {
  if (globalThis.isSecureContext === false) {
    return [
      'The page is not served over HTTPS.',
      `Serve the page over HTTPS, with ${OPENER} and ${EMBEDDER}.`,
    ];
  }
  const missing = await missingHeaders();
  if (missing === null) {
    return [
      'The page is not cross-origin isolated.',
      `Serve the page with ${OPENER} and ${EMBEDDER}.`,
    ];
  }
  const names = missing.join(' and ');
  if (names) return [`The page is served without ${names}.`, `Serve the page with ${names}.`];
  if (globalThis.parent !== globalThis.self) {
    return [
      'The page is in a frame that may not be isolated.',
      'Give the frame allow="cross-origin-isolated", and serve the outer page with both headers.',
    ];
  }
  return [
    'The browser does not isolate the page, although it is served with both headers.',
    'Reload the page, and check that no service worker changes its headers.',
  ];
}

/** Returns the isolation headers that the page lacks; null when its headers cannot be read. */
async function missingHeaders(): Promise<readonly string[] | null> {
  // A worker's URL is not that of its page.
  if (!globalThis.document) return null;
  const headers = await headersOf(location.href);
  if (!headers) return null;
  const opener = headers.get('cross-origin-opener-policy') ?? '';
  const embedder = headers.get('cross-origin-embedder-policy') ?? '';
  return [
    ...(/^\s*same-origin\s*(;|$)/i.test(opener) ? [] : [OPENER]),
    ...(/^\s*(require-corp|credentialless)\s*(;|$)/i.test(embedder) ? [] : [EMBEDDER]),
  ];
}
