import { useSearch } from 'wouter';
import { navigate } from 'wouter/use-browser-location';

/** How far back a page looks. */
export const WINDOWS = [
  { id: '1h', label: 'Hour', hours: 1 },
  { id: '24h', label: '24 h', hours: 24 },
  { id: '7d', label: '7 days', hours: 168 },
  { id: '30d', label: '30 days', hours: 720 },
] as const;

/** What is looked at is in the address, so that it can be sent to a colleague. */
export function useParameters(): { get(name: string): string | undefined; set(changes: Readonly<Record<string, string>>): void } {
  const search = useSearch();
  const parameters = new URLSearchParams(search);
  return {
    get: (name) => parameters.get(name) ?? undefined,
    set(changes) {
      for (const [name, value] of Object.entries(changes)) parameters.set(name, value);
      navigate(`${location.pathname}?${parameters.toString()}`, { replace: true });
    },
  };
}

/** Start of a window, on the minute, so that the same address is asked for while nothing changed. */
export function windowStart(id: string | undefined): string {
  const { hours } = WINDOWS.find((window) => window.id === id) ?? WINDOWS[1];
  return new Date(Math.floor(Date.now() / 3_600_000 - hours) * 3_600_000).toISOString();
}
