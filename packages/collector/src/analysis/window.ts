import { Refusal } from '../refusal.ts';

const HOUR_MS = 3_600_000;
const DEFAULT_HOURS = 24;
/** The year 9999: later hours are no dates. */
const MAX_MS = Date.UTC(9999, 0);

export interface Window {
  readonly from: string;
  readonly to: string;
  readonly fromHour: number;
  readonly toHour: number;
}

/** `from` and `to` as given, whole hours around them; the last 24 hours by default. */
export function parseWindow({ from, to }: { readonly from?: string; readonly to?: string }, nowMs: number): Window {
  const toMs = to === undefined ? nowMs : parse(to, 'to');
  const fromMs = from === undefined ? toMs - DEFAULT_HOURS * HOUR_MS : parse(from, 'from');
  if (fromMs > toMs) throw new Refusal(400, 'INVALID_INPUT', `from (${from}) is after to (${to}).`);
  const fromHour = Math.floor(fromMs / HOUR_MS);
  // The hour that is running belongs to the window.
  const toHour = Math.floor(toMs / HOUR_MS) + 1;
  return { from: new Date(fromHour * HOUR_MS).toISOString(), to: new Date(toHour * HOUR_MS).toISOString(), fromHour, toHour };
}

export function hourText(hour: number): string {
  return new Date(hour * HOUR_MS).toISOString();
}

function parse(text: string, name: string): number {
  const ms = Date.parse(text);
  if (!(ms >= 0 && ms <= MAX_MS)) throw new Refusal(400, 'INVALID_INPUT', `${name}: expected a time like 2026-11-20T10:00:00Z, got "${text}".`);
  return ms;
}
