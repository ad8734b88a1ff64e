import type { DeviceState, Fault, Snapshot } from './protocol.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** A no-break space between a number and its unit. */
const GAP = '\u00A0';

export const percentText = (share: number, digits = 0): string =>
  `${(share * 100).toFixed(digits)}${GAP}%`;

export const FAULT_WORDS: Readonly<Record<Fault, string>> = {
  golden: 'computes wrong numbers',
  throws: 'throws on 6 % of calls',
  slow: 'is three times as slow',
  inaccurate: 'is wrong more often',
};

/** Simulated time: "day 2, 14:05". */
export function timeText(atMs: number, startedMs: number): string {
  return `day ${dayOf(atMs, startedMs)}, ${clockText(atMs)}`;
}

export function clockText(atMs: number): string {
  const minutes = Math.floor((atMs % DAY_MS) / MINUTE_MS);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function dayOf(atMs: number, startedMs: number): number {
  return Math.floor((atMs - startedMs) / DAY_MS) + 1;
}

/** The meaning of each colour of a device. */
export function stateWords(state: DeviceState, { stable, rollout, latest }: Snapshot): string {
  const offered = rollout?.version ?? latest?.version ?? stable;
  switch (state) {
    case 'stable':
      return `runs ${stable}`;
    case 'trial':
      return `tries ${offered}`;
    case 'new':
      return `runs ${offered}`;
    case 'refused':
      return `refused ${offered}`;
    case 'left':
      return `left ${offered} by itself`;
    case 'older':
      return 'has another version until its next use';
  }
}
