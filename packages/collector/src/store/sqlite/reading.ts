import { keyText, LOSS_REASONS } from '@perigee/profile';
import type { Losses, ProfileKey } from '@perigee/profile';
import { reducedKey } from '../store.ts';
import { COMPARED_COLUMNS } from '../compared.ts';
import type { HourTotals, StoreReader, WindowQuery } from '../store.ts';
import { createSums } from '../sums.ts';
import { COUNT_COLUMNS } from '../totals.ts';
import { blobOf, openDriver } from './driver.ts';
import type { Driver, Row } from './driver.ts';

/**
 * Opens the file for reading beside its writer, from another thread. The reader sees everything
 * that the writer has settled.
 */
export function openSqliteReader(path: string, prefer?: Driver['name']): StoreReader {
  const driver = openDriver(path, prefer);
  driver.exec('PRAGMA query_only = ON');
  return { ...createReading(driver), close: async () => driver.close() };
}

/**
 * Condition for queries by hour alone. The indices of `sums` begin with the model, so SQLite would
 * scan the table without it. The recursion finds each model by one seek.
 */
export const OF_EACH_MODEL = `model IN (
  WITH RECURSIVE models (model) AS (
    SELECT MIN(model) FROM sums
    UNION ALL
    SELECT (SELECT MIN(model) FROM sums WHERE model > models.model) FROM models
      WHERE model IS NOT NULL
  ) SELECT model FROM models)`;

/** Reads from the rows only, not from the journal. */
export function createReading(driver: Driver): Omit<StoreReader, 'close'> {
  const listDocuments = driver.prepare(
    'SELECT id, at_ms, body FROM documents WHERE kind = ? ORDER BY at_ms DESC, id DESC LIMIT ?',
  );
  const selectLosses = driver.prepare(
    'SELECT reason, SUM(count) count FROM losses WHERE hour >= ? AND hour < ? GROUP BY reason',
  );
  const selectTotals = driver.prepare(`SELECT model, version, backend, browser, segment, sampling,
      ${summed(['profiles', ...COUNT_COLUMNS])},
      MIN(hour) firstHour, MAX(hour) lastHour FROM sums
    GROUP BY model, version, backend, browser, segment, sampling
    ORDER BY model, version, backend, browser, segment, sampling`);
  const selectHours = ofWindow(
    driver,
    (window) =>
      `SELECT hour, version, ${summed(HOUR_COLUMNS)} ${window} GROUP BY hour, version ` +
      'ORDER BY hour, version',
  );
  const selectProfiles = ofWindow(driver, (window) => `SELECT profile ${window}`);
  const comparedKey = 'hour, grp, reference, sampling, privacy';
  const selectCompared = ofWindow(
    driver,
    (window) =>
      `SELECT ${comparedKey}, ${summed(COMPARED_COLUMNS)} ${window} GROUP BY ${comparedKey} ` +
      `ORDER BY ${comparedKey}`,
  );
  const selectNewest = driver.prepare(`SELECT MAX(hour) hour FROM sums WHERE ${OF_EACH_MODEL}`);

  return {
    async totals() {
      return selectTotals.all([]).map((row) => ({
        ...texts(row, ['model', 'version', 'backend', 'browser', 'segment']),
        ...numbers(row, ['sampling', 'profiles', ...COUNT_COLUMNS, 'firstHour', 'lastHour']),
      }));
    },

    async newestHour() {
      const hour = selectNewest.all([])[0]?.['hour'];
      return hour == null ? undefined : count(hour);
    },

    async timeline(query) {
      return selectHours(query).map((row) => ({
        ...texts(row, ['version']),
        ...numbers(row, ['hour', ...HOUR_COLUMNS]),
      }));
    },

    async sums(query, by) {
      const sums = createSums();
      const keyOf = (key: ProfileKey): { text: string; key: ProfileKey } => {
        const reduced = reducedKey(key, by, query.fromHour);
        return { text: keyText(reduced), key: reduced };
      };
      for (const row of selectProfiles(query)) sums.add(blobOf(row['profile']), keyOf);
      return sums.inOrder();
    },

    async compared(query) {
      return selectCompared(query).map((row) => ({
        ...numbers(row, COMPARED_COLUMNS),
        key: {
          ...texts(row, ['reference']),
          ...numbers(row, ['hour', 'sampling', 'privacy']),
          group: count(row['grp']),
        },
      }));
    },

    async losses(fromHour, toHour) {
      const found = new Map(
        selectLosses
          .all([fromHour, toHour])
          .map((row) => [String(row['reason']), count(row['count'])]),
      );
      return Object.fromEntries(
        LOSS_REASONS.filter((reason) => found.has(reason)).map((reason) => [
          reason,
          found.get(reason),
        ]),
      ) as Losses;
    },

    async list(kind, limit) {
      return listDocuments.all([kind, limit]).map((row) => ({
        id: String(row['id']),
        atMs: count(row['at_ms']),
        body: JSON.parse(String(row['body'])) as unknown,
      }));
    },
  };
}

const HOUR_COLUMNS = [
  'devices',
  'failedDevices',
  'predictions',
  'errors',
  'sessionsStarted',
  'sessionsFailed',
  'goldenFailed',
] as const satisfies readonly (keyof HourTotals)[];

/** Sums of columns, as floats: a total above 2^63 would be an error of SQLite, and is capped. */
function summed(columns: readonly string[]): string {
  return columns
    .map((column) => `MIN(TOTAL(${column}), ${Number.MAX_SAFE_INTEGER}) ${column}`)
    .join(', ');
}

/**
 * Prepares a query of a window. For one version it has a condition of its own, so that SQLite seeks
 * the version in an index and does not read the hours of the others.
 */
function ofWindow(driver: Driver, queryOf: (window: string) => string) {
  // Unnumbered placeholders: node:sqlite treats numbered ones as named and binds nothing to them,
  // at least in Node 22.
  const window = `hour >= ? AND hour < ? AND backend = COALESCE(?, backend)
    AND browser = COALESCE(?, browser) AND segment = COALESCE(?, segment)`;
  const all = driver.prepare(queryOf(`FROM sums WHERE model = ? AND ${window}`));
  const one = driver.prepare(queryOf(`FROM sums WHERE model = ? AND version = ? AND ${window}`));
  return ({ model, version, fromHour, toHour, backend, browser, segment }: WindowQuery): Row[] => {
    const rest = [fromHour, toHour, backend ?? null, browser ?? null, segment ?? null];
    return version === undefined ? all.all([model, ...rest]) : one.all([model, version, ...rest]);
  };
}

function texts<K extends string>(row: Row, names: readonly K[]): Record<K, string> {
  return Object.fromEntries(names.map((name) => [name, String(row[name])])) as Record<K, string>;
}

function numbers<K extends string>(row: Row, names: readonly K[]): Record<K, number> {
  return Object.fromEntries(names.map((name) => [name, count(row[name])])) as Record<K, number>;
}

export function count(value: unknown): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number))
    throw new TypeError(`the store holds ${String(value)} where a count was expected`);
  return number;
}
