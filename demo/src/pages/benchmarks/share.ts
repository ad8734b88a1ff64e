import { duration } from '../../format.ts';
import { SIDE_IDS } from './measure.ts';
import type { Figures, SideId } from './measure.ts';

/** The figures of a run, and the device they are of. */
export interface Report {
  /** The day, as 2026-11-30. */
  readonly day: string;
  readonly browser: string;
  readonly cores: number;
  readonly figures: readonly Figures[];
}

/** A part of a link: day, browser, cores, then side, first answer and call of each side. */
export function toLink({ day, browser, cores, figures }: Report): string {
  const sides = figures.map(({ id, firstMs, callMs }) => [id, firstMs, callMs].join('_'));
  return [day, browser, cores, ...sides].map(encodeURIComponent).join('~');
}

/** Reads such a part. Undefined when somebody changed it into something else. */
export function fromLink(text: string): Report | undefined {
  if (text.length > 500) return undefined;
  const [day = '', browser = '', cores = '', ...sides] = text.split('~').map(decoded);
  const figures = sides.flatMap(figuresOf);
  const isWhole =
    /^\d{4}-\d{2}-\d{2}$/.test(day) &&
    /^[A-Za-z]{1,20}$/.test(browser) &&
    /^\d{1,4}$/.test(cores) &&
    figures.length === sides.length &&
    figures.length > 0 &&
    new Set(figures.map(({ id }) => id)).size === figures.length;
  return isWhole ? { day, browser, cores: Number(cores), figures } : undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

function figuresOf(text: string): readonly Figures[] {
  const [id, first, call] = text.split('_');
  const [firstMs, callMs] = [Number(first || NaN), Number(call || NaN)];
  const isTime = (ms: number): boolean => ms > 0 && ms < 1e7;
  return isSide(id) && isTime(firstMs) && isTime(callMs) ? [{ id, firstMs, callMs }] : [];
}

function isSide(id: string | undefined): id is SideId {
  return SIDE_IDS.some((known) => known === id);
}

/** The report as text, to paste into a message. */
export function toText(
  { day, browser, cores, figures }: Report,
  names: Readonly<Record<SideId, string>>,
): string {
  const lines = figures.map(
    ({ id, firstMs, callMs }) =>
      `${names[id]}: first answer ${duration(firstMs)}, a call ${duration(callMs)}`,
  );
  return [`Perigee's digits model in ${browser} with ${cores} cores, ${day}`, ...lines].join('\n');
}

/** Says in sentences who was faster, also where that is not Perigee. */
export function verdicts(
  figures: readonly Figures[],
  names: Readonly<Record<SideId, string>>,
): readonly string[] {
  return (
    [
      ['firstMs', 'The first answer came first from'],
      ['callMs', 'A call was shortest with'],
    ] as const
  ).flatMap(([key, words]) => {
    const [best, ...others] = figures.toSorted((a, b) => a[key] - b[key]);
    if (!best) return [];
    const rest = others.map(
      ({ id, [key]: ms }) => `${names[id]} took ${(ms / best[key]).toFixed(1)} times as long`,
    );
    return [`${words} ${names[best.id]}${rest.length > 0 ? `; ${rest.join(', ')}` : ''}.`];
  });
}

/** The family of this browser. */
export function browserFamily(agent: string): string {
  if (/Firefox\//.test(agent)) return 'Firefox';
  if (/Chrom(e|ium)\//.test(agent)) return 'Chromium';
  return /AppleWebKit\//.test(agent) ? 'WebKit' : 'other';
}
