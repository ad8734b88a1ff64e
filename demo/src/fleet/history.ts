import type { LogEntry, Mark, Point } from './protocol.ts';

const MAX_LOG = 60;
/** Three days of quarters of an hour. */
const MAX_POINTS = 3 * 96;
const MAX_MARKS = 40;

/** The log of events, oldest first. */
export interface History {
  readonly log: LogEntry[];
  readonly marks: Mark[];
  readonly points: Point[];
  entries: number;
}

export function emptyHistory(): History {
  return { log: [], marks: [], points: [], entries: 0 };
}

export function note(history: History, entry: Omit<LogEntry, 'id' | 'devices'>): void {
  history.log.push({ ...entry, devices: 1, id: history.entries++ });
  history.log.splice(0, history.log.length - MAX_LOG);
}

/** Notes what a device did. Devices that do the same are counted. */
export function noteDevice(
  history: History,
  { atMs, text }: Pick<LogEntry, 'atMs' | 'text'>,
  about: string,
): void {
  const i = history.log.findLastIndex((entry) => entry.about === about);
  const known = history.log[i];
  if (known) history.log[i] = { ...known, devices: known.devices + 1 };
  else note(history, { atMs, kind: 'device', tone: 'bad', text, about });
}

export function mark(history: History, one: Mark): void {
  history.marks.push(one);
  history.marks.splice(0, history.marks.length - MAX_MARKS);
}

export function addPoint(history: History, point: Point): void {
  history.points.push(point);
  history.points.splice(0, history.points.length - MAX_POINTS);
}
