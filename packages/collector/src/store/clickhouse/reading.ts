import { addProfiles, keyText } from '@perigee/profile';
import type { Profile, ProfileKey } from '@perigee/profile';
import { COUNT_COLUMNS } from '../totals.ts';
import type {
  CountedVersion,
  Dimension,
  HourPredictions,
  HourTotals,
  VersionTotals,
  WindowQuery,
} from '../store.ts';
import type { Connection, Row } from './connection.ts';
import type { Plan } from './coverage.ts';
import { createUnflatten } from './flat.ts';
import type { Unflatten } from './flat.ts';
import { countOf } from './rows.ts';
import { summing } from './schema.ts';
import { readBoth } from './source.ts';

const COLUMN_OF = {
  backend: 'backend',
  browser: 'browser',
  segment: 'segment',
  group: 'grp',
} as const;
const TEXTS: readonly string[] = ['backend', 'browser', 'segment'];

/** Sums of a window. For each key, only the shape with the most profiles is returned. */
export async function readSums(
  connection: Connection,
  plan: Plan,
  query: WindowQuery,
  by: readonly Dimension[],
): Promise<Profile[]> {
  const keep = new Set(by);
  const dimensions = Object.entries(COLUMN_OF) as [keyof typeof COLUMN_OF, string][];
  const rows = await readBoth(connection, plan, query, {
    columns: ({ hour, profiles }) => [
      'version',
      'reference',
      'sampling',
      'privacy',
      ...dimensions.map(([name, column]) =>
        keep.has(name) ? column : TEXTS.includes(name) ? "''" : '0',
      ),
      keep.has('hour') ? hour : String(query.fromHour),
      'shape',
      profiles,
      ...(['counts', 'error_codes', 'confusion', 'failedDevices'] as const).map(summing),
    ],
    groupBy: ({ hour }) => [
      'version',
      'reference',
      'sampling',
      'privacy',
      'shape',
      ...dimensions.filter(([name]) => keep.has(name)).map(([, column]) => column),
      ...(keep.has('hour') ? [hour] : []),
    ],
  });
  return oneShapeAKey(addRows(rows, query.model));
}

/** The newest hour of either table; undefined if both are empty. */
export async function readNewestHour(connection: Connection): Promise<number | undefined> {
  const [row] = await connection.query(
    'SELECT max(hour) FROM (SELECT max(hour) AS hour FROM profiles UNION ALL ' +
      'SELECT max(hour) AS hour FROM rolled)',
  );
  const hour = countOf(row?.[0]);
  // The maximum of no rows is 0.
  return hour === 0 ? undefined : hour;
}

interface Sum {
  readonly text: string;
  readonly shape: string;
  readonly profiles: number;
  readonly profile: Profile;
}

/** Adds the few rows with equal keys that come from both sources. */
function addRows(rows: readonly Row[], model: string): Sum[] {
  const sums = new Map<string, Sum>();
  const unflatten = createUnflatten();
  for (const row of rows) {
    const sum = sumOf(row, model, unflatten);
    const id = `${sum.text} ${sum.shape}`;
    const known = sums.get(id);
    sums.set(
      id,
      known
        ? {
            ...known,
            profiles: known.profiles + sum.profiles,
            profile: addProfiles(known.profile, sum.profile),
          }
        : sum,
    );
  }
  return [...sums.values()];
}

function sumOf(row: Row, model: string, unflatten: Unflatten): Sum {
  const [
    version,
    reference,
    sampling,
    privacy,
    backend,
    browser,
    segment,
    group,
    hour,
    shape,
    profiles,
    counts,
    errors,
    confusion,
    failedDevices,
  ] = row;
  const key: ProfileKey = {
    model,
    version: String(version),
    reference: String(reference),
    backend: String(backend),
    browser: String(browser),
    segment: String(segment),
    sampling: Number(sampling),
    privacy: Number(privacy),
    group: Number(group),
    hour: Number(hour),
  };
  const flat = {
    shape: String(shape),
    failedDevices: countOf(failedDevices),
    profiles: countOf(profiles),
    counts: counts as number[],
    errors: errors as Record<string, number>,
    confusion: confusion as Record<string, number>,
  };
  return {
    text: keyText(key),
    shape: flat.shape,
    profiles: flat.profiles,
    profile: unflatten(key, flat),
  };
}

/**
 * Profiles of one key with different shapes were counted against different references, and only one
 * of them was published. With a registry, such uploads are refused at ingest. Without one,
 * collectors that share only the database cannot agree which shape came first, so commit refuses
 * nothing. Reads keep the shape with the most profiles and omit the others.
 */
function oneShapeAKey(sums: readonly Sum[]): Profile[] {
  const chosen = new Map<string, Sum>();
  for (const sum of sums) {
    const known = chosen.get(sum.text);
    if (
      !known ||
      sum.profiles > known.profiles ||
      (sum.profiles === known.profiles && sum.shape < known.shape)
    )
      chosen.set(sum.text, sum);
  }
  return [...chosen.values()]
    .toSorted((a, b) => (a.text < b.text ? -1 : 1))
    .map(({ profile }) => profile);
}

const VERSION_KEY = ['model', 'version', 'backend', 'browser', 'segment'] as const;

export async function readTotals(connection: Connection, plan: Plan): Promise<VersionTotals[]> {
  const keys = [...VERSION_KEY, 'sampling'];
  const rows = await readBoth(
    connection,
    plan,
    { fromHour: 0, toHour: 2 ** 32 - 1 },
    {
      columns: ({ hour, profiles }) => [
        ...keys,
        profiles,
        ...COUNT_COLUMNS.map(summing),
        `min(${hour})`,
        `max(${hour})`,
      ],
      groupBy: () => keys,
    },
  );
  const totals = addPlain(rows, keys.length, ['profiles', ...COUNT_COLUMNS]);
  return totals.map(({ key, counts, rest }) => ({
    ...(Object.fromEntries(VERSION_KEY.map((name, i) => [name, String(key[i])])) as Record<
      (typeof VERSION_KEY)[number],
      string
    >),
    sampling: Number(key[5]),
    ...counts,
    firstHour: Math.min(...rest.map(([first]) => Number(first))),
    lastHour: Math.max(...rest.map(([, last]) => Number(last))),
  }));
}

export async function readVersions(connection: Connection, plan: Plan): Promise<CountedVersion[]> {
  const rows = await readBoth(
    connection,
    plan,
    { fromHour: 0, toHour: 2 ** 32 - 1 },
    {
      columns: ({ hour }) => ['model', 'version', `max(${hour})`],
      groupBy: () => ['model', 'version'],
    },
  );
  return addPlain(rows, 2, []).map(({ key, rest }) => ({
    model: String(key[0]),
    version: String(key[1]),
    lastHour: Math.max(...rest.map(([last]) => Number(last))),
  }));
}

const HOUR_COLUMNS = [
  'devices',
  'failedDevices',
  'predictions',
  'errors',
  'sessionsStarted',
  'sessionsFailed',
  'goldenFailed',
] as const;

export async function readTimeline(
  connection: Connection,
  plan: Plan,
  query: WindowQuery,
): Promise<HourTotals[]> {
  const rows = await readBoth(connection, plan, query, {
    columns: ({ hour }) => [hour, 'version', ...HOUR_COLUMNS.map(summing)],
    groupBy: ({ hour }) => [hour, 'version'],
  });
  return addPlain(rows, 2, HOUR_COLUMNS).map(({ key, counts }) => ({
    hour: Number(key[0]),
    version: String(key[1]),
    ...counts,
  }));
}

export async function readPredictions(
  connection: Connection,
  plan: Plan,
  query: WindowQuery,
): Promise<HourPredictions[]> {
  const keys = ['version', 'reference', 'sampling', 'grp'];
  const rows = await readBoth(connection, plan, query, {
    columns: ({ hour }) => [...keys, hour, summing('predictions')],
    groupBy: ({ hour }) => [...keys, hour],
  });
  return addPlain(rows, keys.length + 1, ['predictions']).map(({ key, counts }) => ({
    version: String(key[0]),
    reference: String(key[1]),
    sampling: Number(key[2]),
    group: Number(key[3]),
    hour: Number(key[4]),
    ...counts,
  }));
}

interface PlainSum<K extends string> {
  readonly key: Row;
  readonly counts: Record<K, number>;
  /** The columns after the counts, one row per source. */
  readonly rest: readonly Row[];
}

/** Adds rows that consist of a key, counts and further columns. The result is sorted by key. */
function addPlain<K extends string>(
  rows: readonly Row[],
  keyLength: number,
  names: readonly K[],
): PlainSum<K>[] {
  const sums = new Map<string, PlainSum<K>>();
  const restAt = keyLength + names.length;
  for (const row of rows) {
    const key = row.slice(0, keyLength);
    const known = sums.get(JSON.stringify(key));
    const counts = Object.fromEntries(
      names.map((name, i) => [
        name,
        countOf(countOf(row[keyLength + i]) + (known?.counts[name] ?? 0)),
      ]),
    ) as Record<K, number>;
    sums.set(JSON.stringify(key), {
      key,
      counts,
      rest: [...(known?.rest ?? []), row.slice(restAt)],
    });
  }
  return [...sums.values()].toSorted((a, b) => compare(a.key, b.key));
}

/** Compares by the first column that differs. Text is compared by code units, as in SQLite. */
function compare(a: Row, b: Row): number {
  for (const [i, value] of a.entries()) {
    const other = b[i];
    if (value === other) continue;
    return (value as string | number) < (other as string | number) ? -1 : 1;
  }
  return 0;
}
