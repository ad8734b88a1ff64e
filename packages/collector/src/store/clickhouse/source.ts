import type { WindowQuery } from '../store.ts';
import type { Connection, Row } from './connection.ts';
import type { Plan } from './coverage.ts';

/** Expressions for the hour of a sum and for its number of profiles, for one source table. */
export interface Source {
  readonly hour: string;
  readonly profiles: string;
}

export interface Select {
  readonly columns: (source: Source) => readonly string[];
  readonly groupBy: (source: Source) => readonly string[];
}

type Window = Pick<WindowQuery, 'fromHour' | 'toHour'> & Partial<WindowQuery>;

const ROLLED: Source = { hour: 'hour', profiles: 'sum(profiles)' };
/**
 * Where a day or week is rolled up but out of date, device rows are read instead, with its first
 * hour as their hour.
 */
const RAW: Source = {
  hour:
    'toUInt32(multiIf(hour < {weeks:UInt32}, hour - hour % 168, hour < {days:UInt32}, hour - ' +
    'hour % 24, hour))',
  profiles: 'count()',
};
const WEEK = 168;
const END = 2 ** 32 - 1;

/**
 * Rows of sums from both sources. Each hour comes from one source, but equal keys may come from
 * both.
 */
export async function readBoth(
  connection: Connection,
  plan: Plan,
  window: Window,
  { columns, groupBy }: Select,
): Promise<Row[]> {
  const { filter, parameters } = filterOf(window);
  const bounds = {
    ...parameters,
    from: Math.max(window.fromHour, plan.horizon),
    to: Math.min(window.toHour, END),
  };
  const rolled = `SELECT ${columns(ROLLED).join(', ')} FROM rolled
    WHERE ${filter} AND hour >= {from:UInt32} AND hour < {to:UInt32}
      AND build IN {builds:Array(UInt64)}
    GROUP BY ${groupBy(ROLLED).join(', ')}`;
  const open = openHours(plan, bounds.from, Math.min(bounds.to + WEEK, END));
  const raw = `SELECT ${columns(RAW).join(', ')} FROM profiles FINAL
    WHERE ${filter} AND (${open.filter})
      AND ${RAW.hour} >= {from:UInt32} AND ${RAW.hour} < {to:UInt32}
    GROUP BY ${groupBy(RAW).join(', ')}`;
  const rows = await Promise.all([
    plan.builds.length > 0 ? connection.query(rolled, { ...bounds, builds: plan.builds }) : [],
    open.filter === ''
      ? []
      : connection.query(raw, {
          ...bounds,
          ...open.parameters,
          weeks: plan.weeksBefore,
          days: plan.daysBefore,
        }),
  ]);
  return rows.flat();
}

function filterOf(window: Window): {
  readonly filter: string;
  readonly parameters: Record<string, unknown>;
} {
  const given = (['model', 'version', 'backend', 'browser', 'segment'] as const).filter(
    (name) => window[name] !== undefined,
  );
  return {
    filter: ['1', ...given.map((name) => `${name} = {${name}:String}`)].join(' AND '),
    parameters: Object.fromEntries(given.map((name) => [name, window[name]])),
  };
}

/**
 * The hours of a window that no roll-up covers, as ranges, so that ClickHouse can use the sort key.
 */
function openHours(
  { raw }: Plan,
  from: number,
  to: number,
): { readonly filter: string; readonly parameters: Record<string, number> } {
  const open = raw
    .map((range) => ({ from: Math.max(range.from, from), to: Math.min(range.to, to) }))
    .filter((range) => range.from < range.to);
  return {
    filter: open.map((_, i) => `hour >= {a${i}:UInt32} AND hour < {b${i}:UInt32}`).join(' OR '),
    parameters: Object.fromEntries(
      open.flatMap((range, i) => [
        [`a${i}`, range.from],
        [`b${i}`, range.to],
      ]),
    ),
  };
}
