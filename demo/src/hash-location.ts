import type { BaseLocationHook, BaseSearchHook, HrefsFormatter } from 'wouter';
import { useHashLocation } from 'wouter/use-hash-location';

interface Navigation {
  readonly replace?: boolean;
  readonly state?: unknown;
}

/**
 * The page's address in the hash, with its query: `#/tabular?data=wdbc`. Wouter's own hook takes the
 * query out of the hash when it follows a link, and for a part of the path when it is opened.
 */
export const useHashPath: BaseLocationHook & {
  hrefs: HrefsFormatter;
  searchHook: BaseSearchHook;
} = Object.assign((): [string, typeof navigate] => [useParts()[0], navigate], {
  hrefs: (href: string): string => `#${href}`,
  searchHook: (): string => useParts()[1],
});

function useParts(): readonly [path: string, query: string] {
  const [hash] = useHashLocation();
  const [path = '/', query = ''] = hash.split('?');
  return [path, query];
}

function navigate(to: string, { replace = false, state = null }: Navigation = {}): void {
  const { href: oldURL } = location;
  const newURL = new URL(`#${to}`, oldURL).href;
  if (replace) history.replaceState(state, '', newURL);
  else history.pushState(state, '', newURL);
  dispatchEvent(new HashChangeEvent('hashchange', { oldURL, newURL }));
}
