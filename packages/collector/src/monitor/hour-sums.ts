import type { Profile } from '@perigee/profile';
import { addCompared, comparedOf } from '../store/compared.ts';
import type { ComparedCounts } from '../store/compared.ts';
import type { StoreReader } from '../store/store.ts';

/** A version of a model, in hours since 1970, half-open. */
export interface VersionHours {
  readonly model: string;
  readonly version: string;
  readonly fromHour: number;
  readonly toHour: number;
}

/** The counts by group and hour that versions are compared by. Each hour is read once. */
export interface HourSums {
  /** Adds hours that were read already. `sums` may be grouped by more than group and hour. */
  add(hours: VersionHours, sums: readonly Profile[]): void;
  read(hours: VersionHours): Promise<ComparedCounts[]>;
  /** Forgets the hours of all other versions. */
  keepOnly(versions: ReadonlySet<string>): void;
}

/** Sums of one model. */
export function createHourSums(store: Pick<StoreReader, 'compared'>): HourSums {
  const versions = new Map<string, Map<number, ComparedCounts[]>>();

  function knownOf({ version }: VersionHours): Map<number, ComparedCounts[]> {
    const known = versions.get(version) ?? new Map<number, ComparedCounts[]>();
    versions.set(version, known);
    return known;
  }

  function keepOnly(kept: ReadonlySet<string>): void {
    for (const version of versions.keys()) if (!kept.has(version)) versions.delete(version);
  }

  function keep(hours: VersionHours, counts: readonly ComparedCounts[]): void {
    const known = knownOf(hours);
    for (let hour = hours.fromHour; hour < hours.toHour; hour += 1) known.set(hour, []);
    for (const one of counts) known.get(one.key.hour)?.push(one);
  }

  const add = (hours: VersionHours, sums: readonly Profile[]): void =>
    keep(hours, addCompared(sums.map(comparedOf)));

  async function read(hours: VersionHours): Promise<ComparedCounts[]> {
    const known = knownOf(hours);
    for (const run of missingRuns(hours, known)) {
      const missing = { ...hours, ...run };
      keep(missing, await store.compared(missing));
    }
    const asked = Array.from(
      { length: hours.toHour - hours.fromHour },
      (_, i) => hours.fromHour + i,
    );
    return asked.flatMap((hour) => known.get(hour) ?? []);
  }

  return { add, read, keepOnly };
}

type Run = Pick<VersionHours, 'fromHour' | 'toHour'>;

/** Runs of consecutive hours that are not known. */
function missingRuns({ fromHour, toHour }: VersionHours, known: ReadonlyMap<number, unknown>) {
  const runs: Run[] = [];
  for (let hour = fromHour; hour < toHour; hour += 1) {
    if (known.has(hour)) continue;
    const last = runs.at(-1);
    if (last?.toHour === hour) runs[runs.length - 1] = { ...last, toHour: hour + 1 };
    else runs.push({ fromHour: hour, toHour: hour + 1 });
  }
  return runs;
}
