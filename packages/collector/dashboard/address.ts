import { useSearch } from 'wouter';
import { navigate } from 'wouter/use-browser-location';

const HOUR_MS = 3_600_000;

/** The periods that a page can show, ending now. */
export const WINDOWS = [
  { id: '1h', label: '1 hour', hours: 1 },
  { id: '24h', label: '24 hours', hours: 24 },
  { id: '7d', label: '7 days', hours: 168 },
  { id: '30d', label: '30 days', hours: 720 },
] as const;

export type WindowId = (typeof WINDOWS)[number]['id'];

/**
 * Dimensions by which a page can be filtered. The names are those of the API's query parameters.
 */
export const SLICES = ['backend', 'browser', 'segment'] as const;

/** Filters that a click on a name sets, with their labels. The names are those of the address. */
export const FILTERS = {
  model: 'Model',
  version: 'Version',
  backend: 'Backend',
  browser: 'Browser',
  segment: 'Segment',
  feature: 'Feature',
  rule: 'Rule',
  severity: 'Severity',
  actor: 'Actor',
  action: 'Action',
} as const;

export type FilterName = keyof typeof FILTERS;

export interface Parameters {
  get(name: string): string | undefined;
  /**
   * Changes parameters of the address. Undefined removes one. The back button undoes it, unless
   * `replace` is true.
   */
  set(changes: Readonly<Record<string, string | undefined>>, replace?: boolean): void;
  /** The current query string with changes, for a link. */
  with(changes: Readonly<Record<string, string | undefined>>): string;
}

/** Reads and changes the query string. All choices are in the address, so that it can be shared. */
export function useParameters(): Parameters {
  const search = useSearch();
  const parameters = new URLSearchParams(search);
  const changed = (changes: Readonly<Record<string, string | undefined>>): string => {
    const next = new URLSearchParams(search);
    for (const [name, value] of Object.entries(changes)) {
      if (value === undefined) next.delete(name);
      else next.set(name, value);
    }
    return next.size === 0 ? '' : `?${next.toString()}`;
  };
  return {
    get: (name) => parameters.get(name) ?? undefined,
    set: (changes, replace = false) =>
      navigate(`${location.pathname}${changed(changes)}`, { replace }),
    with: changed,
  };
}

export interface View {
  /** Undefined for a fixed period. */
  readonly window: WindowId | undefined;
  readonly from: string;
  /** Undefined: up to now. */
  readonly to: string | undefined;
  /**
   * Query string for a route, with this period and these filters. Adds `more`, except undefined
   * values.
   */
  query(more?: Readonly<Record<string, string | undefined>>): string;
}

/** Period and filters from the address, or `standard` if it has no period. */
export function viewOf(parameters: Parameters, standard: WindowId): View {
  const [fixedFrom, to] = [parameters.get('from'), parameters.get('to')];
  const window =
    fixedFrom === undefined
      ? (WINDOWS.find(({ id }) => id === parameters.get('window'))?.id ?? standard)
      : undefined;
  const from = fixedFrom ?? windowStart(window);
  return {
    window,
    from,
    to,
    query(more = {}) {
      const query = new URLSearchParams();
      const slices = Object.fromEntries(SLICES.map((slice) => [slice, parameters.get(slice)]));
      for (const [name, value] of Object.entries({ ...slices, from, to, ...more }))
        if (value !== undefined) query.set(name, value);
      return query.toString();
    },
  };
}

export function modelPath(model: string, section?: string): string {
  return `/models/${encodeURIComponent(model)}${section === undefined ? '' : `/${section}`}`;
}

/**
 * Start of a window, rounded down to the hour, so that the request URL stays the same within an
 * hour.
 */
export function windowStart(id: WindowId | undefined): string {
  const { hours } = WINDOWS.find((window) => window.id === id) ?? WINDOWS[1];
  return new Date(Math.floor(Date.now() / HOUR_MS - hours) * HOUR_MS).toISOString();
}
