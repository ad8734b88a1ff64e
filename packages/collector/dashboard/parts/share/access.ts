import type { SharedScope } from '../../../src/api-sharing.ts';
import { modelPath } from '../../address.ts';

const KEY = 'perigee-share';
/** Begins the fragment of a shared address. Browsers do not send fragments, so no log has them. */
const FRAGMENT = '#share=';

/** The access of a share link. */
export interface SharedAccess {
  readonly token: string;
  readonly expiresMs: number;
  readonly scope: SharedScope;
}

let known: SharedAccess | null | undefined;

/** The access of this tab by a share link; null in a tab of an operator. */
export function sharedAccess(): SharedAccess | null {
  known ??= read();
  return known;
}

/** The address of a page with a token in it. */
export function sharedAddress(path: string, token: string): string {
  return new URL(path, location.origin).href + FRAGMENT + token;
}

/** The page that a share link opens. */
export function sharedHome({ model, section, alert, filters }: SharedScope): string {
  if (alert !== null) return `/alerts/${encodeURIComponent(alert)}`;
  const query = new URLSearchParams(filters).toString();
  return modelPath(model, section ?? undefined) + (query === '' ? '' : `?${query}`);
}

/** Filters that a share link does not let go of. */
export function fixedFilters(): SharedScope['filters'] {
  return sharedAccess()?.scope.filters ?? {};
}

/** Ends the access of this tab. */
export function leaveShared(): void {
  known = null;
  sessionStorage.removeItem(KEY);
}

/** Takes the token out of the address, and keeps it for this tab. */
function read(): SharedAccess | null {
  if (location.hash.startsWith(FRAGMENT)) {
    sessionStorage.setItem(KEY, location.hash.slice(FRAGMENT.length));
    history.replaceState(history.state, '', location.pathname + location.search);
  }
  const token = sessionStorage.getItem(KEY);
  return token === null ? null : accessOf(token);
}

/** The collector verifies the token; the page reads only what to show. */
function accessOf(token: string): SharedAccess | null {
  try {
    const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
    const claims = JSON.parse(new TextDecoder().decode(bytes)) as Omit<SharedAccess, 'token'>;
    return { token, expiresMs: claims.expiresMs, scope: claims.scope };
  } catch {
    return {
      token,
      expiresMs: 0,
      scope: { model: '', section: null, alert: null, filters: {} },
    };
  }
}
