import { STAGES } from '@perigee/profile';
import type { Profile } from '@perigee/profile';
import { addedUp } from '../analysis/added-up.ts';
import { groupBy } from '../analysis/group-by.ts';
import type { StoreReader } from '../store/store.ts';

const TOTAL = STAGES.indexOf('total');
const NOTHING = new Float64Array();

/** A version of a model, in hours since 1970, half-open. */
export interface VersionHours {
  readonly model: string;
  readonly version: string;
  readonly fromHour: number;
  readonly toHour: number;
}

/** The sums by group and hour that versions are compared by. Each hour is read once. */
export interface HourSums {
  /** Adds hours that were read already. `sums` may be grouped by more than group and hour. */
  add(hours: VersionHours, sums: readonly Profile[]): void;
  read(hours: VersionHours): Promise<Profile[]>;
  /** Forgets the hours of all other versions. */
  keepOnly(versions: ReadonlySet<string>): void;
}

/** Sums of one model. */
export function createHourSums(store: Pick<StoreReader, 'sums'>): HourSums {
  const versions = new Map<string, Map<number, Profile[]>>();

  function knownOf({ version }: VersionHours): Map<number, Profile[]> {
    const known = versions.get(version) ?? new Map<number, Profile[]>();
    versions.set(version, known);
    return known;
  }

  function keepOnly(kept: ReadonlySet<string>): void {
    for (const version of versions.keys()) if (!kept.has(version)) versions.delete(version);
  }

  function add(hours: VersionHours, sums: readonly Profile[]): void {
    const known = knownOf(hours);
    for (let hour = hours.fromHour; hour < hours.toHour; hour += 1) known.set(hour, []);
    for (const one of byGroupAndHour(sums)) known.get(one.key.hour)?.push(one);
  }

  async function read(hours: VersionHours): Promise<Profile[]> {
    const known = knownOf(hours);
    for (const run of missingRuns(hours, known)) {
      const missing = { ...hours, ...run };
      add(missing, await store.sums(missing, ['group', 'hour']));
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

/** Adds up what is alike except for segment, backend and browser. */
function byGroupAndHour(sums: readonly Profile[]): Profile[] {
  const alike = groupBy(sums.map(compared), ({ key }) =>
    JSON.stringify([key.group, key.hour, key.reference, key.sampling, key.privacy]),
  );
  return [...alike.values()].map(addedUp);
}

/** Without the histograms that no comparison uses: they take most of the memory. */
function compared(profile: Profile): Profile {
  return {
    ...profile,
    key: { ...profile.key, segment: '', backend: '', browser: '' },
    features: [],
    scores: NOTHING,
    values: NOTHING,
    latency: profile.latency.map((histogram, stage) => (stage === TOTAL ? histogram : NOTHING)),
  };
}
