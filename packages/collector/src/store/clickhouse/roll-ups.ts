import type { Connection } from './connection.ts';
import type { Build, RollUps } from './coverage.ts';

/** Reads the state of all roll-ups in one query of a few hundred rows. */
export async function readRollUps(connection: Connection): Promise<RollUps> {
  const rows =
    await connection.query(`SELECT 'build', from_hour, to_hour, build, at FROM builds FINAL
    UNION ALL SELECT 'mark', hour, 0, 0, max(at) FROM marks GROUP BY hour
    UNION ALL SELECT name, max(hour), 0, 0, 0 FROM limits GROUP BY name`);
  const builds: Build[] = [];
  const marks = new Map<number, number>();
  const limits = new Map<unknown, number>();
  for (const [kind, from, to, build, at] of rows) {
    if (kind === 'build')
      builds.push({ from: Number(from), to: Number(to), build: Number(build), at: Number(at) });
    else if (kind === 'mark') marks.set(Number(from), Number(at));
    else limits.set(kind, Number(from));
  }
  return { builds, marks, horizon: limits.get('horizon') ?? 0, sealed: limits.get('sealed') ?? 0 };
}
