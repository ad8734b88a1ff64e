import { LOSS_REASONS } from '@perigee/profile';
import type { Losses, Profile } from '@perigee/profile';
import { COMPARED_COLUMNS } from '../compared.ts';
import type { Dimension, HourTotals, StoredDocument, StoreReader, WindowQuery } from '../store.ts';
import { createSums } from '../sums.ts';
import type { Sums } from '../sums.ts';
import { COUNT_COLUMNS } from '../totals.ts';
import { blobOf, openDriver } from './driver.ts';
import type { Driver, Row } from './driver.ts';
import { createKeptHours, isKept, KEPT_BY } from './kept-hours.ts';
import type { HourState, KeptHours } from './kept-hours.ts';

/**
 * Opens the file for reading beside its writer, from another thread. The reader sees everything
 * that the writer has settled.
 */
export function openSqliteReader(path: string, prefer?: Driver['name']): StoreReader {
  const driver = openDriver(path, prefer);
  driver.exec('PRAGMA query_only = ON');
  return { ...createReading(driver, createKeptHours()), close: async () => driver.close() };
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

/** Seeks each version of each model, and the end of its hours. */
const VERSIONS = `WITH RECURSIVE
  models (model) AS (
    SELECT MIN(model) FROM sums
    UNION ALL
    SELECT (SELECT MIN(model) FROM sums WHERE model > models.model) FROM models
      WHERE model IS NOT NULL
  ),
  versions (model, version) AS (
    SELECT model, (SELECT MIN(version) FROM sums WHERE sums.model = models.model) FROM models
      WHERE model IS NOT NULL
    UNION ALL
    SELECT model, (
      SELECT MIN(version) FROM sums
      WHERE sums.model = versions.model AND sums.version > versions.version
    ) FROM versions WHERE version IS NOT NULL
  )
  SELECT model, version, (
    SELECT MAX(hour) FROM sums
    WHERE sums.model = versions.model AND sums.version = versions.version
  ) lastHour FROM versions WHERE version IS NOT NULL ORDER BY model, version`;

/** The same for the versions of a model, so that the index of versions serves all of them. */
const OF_EACH_VERSION = `version IN (
  WITH RECURSIVE versions (version) AS (
    SELECT MIN(version) FROM sums WHERE model = ?
    UNION ALL
    SELECT (SELECT MIN(version) FROM sums WHERE model = ? AND version > versions.version)
      FROM versions WHERE version IS NOT NULL
  ) SELECT version FROM versions)`;

/** The queries of a file. */
function prepare(driver: Driver) {
  const listDocuments = driver.prepare(
    'SELECT id, at_ms, body FROM documents WHERE kind = ? ORDER BY at_ms DESC, id DESC LIMIT ?',
  );
  const findDocument = driver.prepare(
    'SELECT id, at_ms, body FROM documents WHERE kind = ? AND id = ?',
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
  const selectProfiles = ofWindow(driver, (window) => `SELECT profile ${window}`, 'sums');
  const selectStates = ofWindow(
    driver,
    (window) =>
      `SELECT hour, SUM(profiles) profiles, COUNT(*) rows, SUM(rowid) ids ${window} GROUP BY hour ` +
      'ORDER BY hour',
  );
  const predictionsKey = 'version, hour, grp, reference, sampling';
  const selectPredictions = ofWindow(
    driver,
    (window) =>
      `SELECT ${predictionsKey}, ${summed(['predictions'])} ${window} GROUP BY ${predictionsKey}`,
  );
  const comparedKey = 'hour, grp, reference, sampling, privacy';
  const selectCompared = ofWindow(
    driver,
    (window) =>
      `SELECT ${comparedKey}, ${summed(COMPARED_COLUMNS)} ${window} GROUP BY ${comparedKey} ` +
      `ORDER BY ${comparedKey}`,
  );
  const selectVersions = driver.prepare(VERSIONS);
  const selectNewest = driver.prepare(`SELECT MAX(hour) hour FROM sums WHERE ${OF_EACH_MODEL}`);
  return {
    listDocuments,
    findDocument,
    selectLosses,
    selectTotals,
    selectHours,
    selectProfiles,
    selectStates,
    selectPredictions,
    selectCompared,
    selectVersions,
    selectNewest,
  };
}

/**
 * Reads from the rows only, not from the journal.
 * @param kept keeps sums of hours in memory
 */
export function createReading(driver: Driver, kept?: KeptHours): Omit<StoreReader, 'close'> {
  const statements = prepare(driver);

  function sumsOf(query: WindowQuery, by: readonly Dimension[]): Sums {
    const sums = createSums(by, query.fromHour);
    for (const row of statements.selectProfiles(query)) sums.add(blobOf(row['profile']));
    return sums;
  }

  const statesOf = (query: WindowQuery): HourState[] =>
    statements.selectStates(query).map((row) => numbers(row, ['hour', 'profiles', 'rows', 'ids']));

  function sumsOfKept(
    hours: KeptHours,
    { segment, ...query }: WindowQuery,
    by: readonly Dimension[],
  ): Profile[] {
    const all = inSnapshot(driver, () => {
      const states = statesOf(query);
      return hours.sums(query, states, (fromHour, toHour) =>
        sumsOf({ ...query, fromHour, toHour }, KEPT_BY).inOrder(),
      );
    });
    const sums = createSums(by, query.fromHour);
    for (const one of all)
      if (segment === undefined || one.key.segment === segment) sums.addDecoded(one);
    return sums.inOrder();
  }

  return {
    async totals() {
      return statements.selectTotals.all([]).map((row) => ({
        ...texts(row, ['model', 'version', 'backend', 'browser', 'segment']),
        ...numbers(row, ['sampling', 'profiles', ...COUNT_COLUMNS, 'firstHour', 'lastHour']),
      }));
    },

    async versions() {
      return statements.selectVersions.all([]).map((row) => ({
        ...texts(row, ['model', 'version']),
        ...numbers(row, ['lastHour']),
      }));
    },

    async newestHour() {
      const hour = statements.selectNewest.all([])[0]?.['hour'];
      return hour == null ? undefined : count(hour);
    },

    async timeline(query) {
      return statements.selectHours(query).map((row) => ({
        ...texts(row, ['version']),
        ...numbers(row, ['hour', ...HOUR_COLUMNS]),
      }));
    },

    async sums(query, by) {
      if (kept && isKept(query, by)) return sumsOfKept(kept, query, by);
      return sumsOf(query, by).inOrder();
    },

    mark: async (query) =>
      statesOf(query)
        .map(({ hour, profiles, rows, ids }) => `${hour} ${profiles} ${rows} ${ids}`)
        .join(),

    async predictions(query) {
      return statements.selectPredictions(query).map((row) => ({
        ...texts(row, ['version', 'reference']),
        ...numbers(row, ['hour', 'sampling', 'predictions']),
        group: count(row['grp']),
      }));
    },

    async compared(query) {
      return statements.selectCompared(query).map((row) => ({
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
        statements.selectLosses
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

    find: async (kind, id) => statements.findDocument.all([kind, id]).map(documentOf)[0],
    list: async (kind, limit) => statements.listDocuments.all([kind, limit]).map(documentOf),
  };
}

function documentOf(row: Row): StoredDocument {
  return {
    id: String(row['id']),
    atMs: count(row['at_ms']),
    body: JSON.parse(String(row['body'])) as unknown,
  };
}

/** Runs several queries on one state of the file. Its writer may move rows meanwhile. */
function inSnapshot<T>(driver: Driver, read: () => T): T {
  driver.exec('BEGIN');
  try {
    return read();
  } finally {
    driver.exec('COMMIT');
  }
}

/** Has all columns but the histograms, so that SQLite reads no row. */
const PLAIN = 'sums INDEXED BY sums_of_version';

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
function ofWindow(
  driver: Driver,
  queryOf: (window: string) => string,
  table: 'sums' | typeof PLAIN = PLAIN,
) {
  // Unnumbered placeholders: node:sqlite treats numbered ones as named and binds nothing to them,
  // at least in Node 22.
  const window = `hour >= ? AND hour < ? AND backend = COALESCE(?, backend)
    AND browser = COALESCE(?, browser) AND segment = COALESCE(?, segment)`;
  const all = driver.prepare(
    queryOf(`FROM ${table} WHERE model = ? AND ${OF_EACH_VERSION} AND ${window}`),
  );
  const one = driver.prepare(
    queryOf(`FROM ${table} WHERE model = ? AND version = ? AND ${window}`),
  );
  return ({ model, version, fromHour, toHour, backend, browser, segment }: WindowQuery): Row[] => {
    const rest = [fromHour, toHour, backend ?? null, browser ?? null, segment ?? null];
    return version === undefined
      ? all.all([model, model, model, ...rest])
      : one.all([model, version, ...rest]);
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
