import type { FastifyRequest } from 'fastify';
import type { SharedFilter, SharedScope } from '../api-sharing.ts';

type Section = NonNullable<SharedScope['section']>;

export const SHARED_FILTERS: readonly SharedFilter[] = ['version', 'backend', 'browser', 'segment'];

/** Routes below /v1/models/:name that each section reads. Exports are in no section. */
const ROUTES: Readonly<Record<Section, readonly string[]>> = {
  drift: ['drift', 'drift-history'],
  quality: ['drift'],
  performance: ['performance'],
  releases: ['compare', 'timeline', 'drift', 'performance', 'latency'],
  latency: ['latency'],
};
/** Routes that every section reads. They answer for the whole model, so filters do not apply. */
const COMMON: ReadonlySet<string | undefined> = new Set([undefined, 'marks']);
const ALL_ROUTES = [...new Set(Object.values(ROUTES).flat())];

/** True if a link with this scope may make this request. */
export function isInScope(
  { method, url, query }: Pick<FastifyRequest, 'method' | 'url' | 'query'>,
  { model, section, alert, filters }: SharedScope,
): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  const path = segmentsOf(url);
  if (path?.[0] !== 'v1') return false;
  if (alert !== null) return path.length === 3 && path[1] === 'alerts' && path[2] === alert;
  const [, models, name, route] = path;
  if (models !== 'models' || name !== model || path.length > 4) return false;
  if (COMMON.has(route)) return true;
  const routes = section === null ? ALL_ROUTES : ROUTES[section];
  if (route === undefined || !routes.includes(route)) return false;
  const given = query as Readonly<Record<string, unknown>>;
  return Object.entries(filters).every(([name, value]) => given[name] === value);
}

/**
 * The decoded segments of the path; undefined if they cannot be decoded, or for an address that two
 * parsers read differently. The query thread parses it again: it would drop filters behind a `#`.
 */
function segmentsOf(url: string): readonly string[] | undefined {
  try {
    const { pathname, search } = new URL(url, 'http://localhost');
    if (pathname + search !== url) return undefined;
    return pathname.split('/').slice(1).map(decodeURIComponent);
  } catch {
    return undefined;
  }
}
