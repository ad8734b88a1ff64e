/**
 * Milliseconds that a host asks to wait, from its Retry-After header: seconds or an HTTP date
 * ([RFC 9110, section 10.2.3](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3)).
 * @returns undefined when the header is absent or unreadable; 0 for a time that is over
 */
export function retryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
