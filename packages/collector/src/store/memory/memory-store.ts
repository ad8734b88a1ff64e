import { keyText, LOSS_REASONS } from '@perigee/profile';
import type { Losses, Profile } from '@perigee/profile';
import { addInto, ownCopy } from '@perigee/profile/analysis';
import { addCompared, comparedOf } from '../compared.ts';
import { reducedKey, RETENTION, rolledHour } from '../store.ts';
import type {
  CollectorStore,
  Retention,
  StoredDocument,
  StoreReader,
  Upload,
  WindowQuery,
} from '../store.ts';
import { countsOf, COUNT_COLUMNS } from '../totals.ts';

const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;

export interface MemoryStoreOptions {
  /** Milliseconds since 1970, for the hours in which batches are received. Default: Date.now. */
  readonly now?: () => number;
}

interface Sum {
  readonly profile: Profile;
  /** Number of profiles that were added. */
  readonly profiles: number;
  /** Its totals, in the order of COUNT_COLUMNS. */
  readonly counts: readonly number[];
}

/** The sums of an hour, by key text. */
type HourOfSums = ReadonlyMap<string, Sum>;

interface Data {
  readonly hours: Map<number, Map<string, Sum>>;
  /** The hour in which each batch was received. */
  readonly batches: Map<string, number>;
  readonly losses: Map<number, Losses>;
  readonly documents: Map<string, Map<string, StoredDocument>>;
}

/**
 * Opens a store that keeps its data in this process only. It runs in browsers too, for simulations
 * and tests.
 * @example
 * ```ts
 * const store = openMemoryStore();
 * await store.commit([batch]);
 * ```
 */
export function openMemoryStore({ now = Date.now }: MemoryStoreOptions = {}): CollectorStore {
  const data: Data = {
    hours: new Map(),
    batches: new Map(),
    losses: new Map(),
    documents: new Map(),
  };
  return {
    ...createReader(data),
    async commit(uploads) {
      return commit(data, uploads, Math.floor(now() / HOUR_MS));
    },
    async isStored(batchId) {
      return data.batches.has(batchId);
    },
    async settle() {},
    async put(kind, id, body, atMs) {
      const ofKind = data.documents.get(kind) ?? new Map<string, StoredDocument>();
      data.documents.set(kind, ofKind);
      // A copy, so that changes of the object do not reach the store.
      ofKind.set(id, { id, atMs, body: structuredClone(body) });
    },
    async maintain(nowMs, retention = RETENTION) {
      maintain(data, Math.floor(nowMs / HOUR_MS), retention);
    },
    async check() {},
  };
}

/** Adds new batches to copies of the sums, so that a batch that cannot be added changes nothing. */
function commit(data: Data, uploads: readonly Upload[], nowHour: number): boolean[] {
  const seen = new Set<string>();
  const isNew = uploads.map(({ batchId }) => {
    const fresh = !data.batches.has(batchId) && !seen.has(batchId);
    seen.add(batchId);
    return fresh;
  });
  const fresh = uploads.filter((_, i) => isNew[i]);
  const changed = new Map<string, Sum>();
  for (const { profiles } of fresh) {
    for (const profile of profiles) {
      const text = keyText(profile.key);
      const stored = data.hours.get(profile.key.hour)?.get(text);
      const known =
        changed.get(text) ?? (stored && { ...stored, profile: ownCopy(stored.profile) });
      changed.set(text, known ? added(known, profile, 1) : sumOf(ownCopy(profile), 1));
    }
  }
  for (const [text, sum] of changed) sumsOf(data, sum.profile.key.hour).set(text, sum);
  for (const { batchId, lost } of fresh) {
    data.batches.set(batchId, nowHour);
    data.losses.set(nowHour, addedLosses(data.losses.get(nowHour) ?? {}, lost));
  }
  return isNew;
}

function sumOf(profile: Profile, profiles: number): Sum {
  return { profile, profiles, counts: countsOf(profile) };
}

/** Changes the profile of `known` in place. */
function added(known: Sum, profile: Profile, profiles: number): Sum {
  return sumOf(addInto(known.profile, profile), known.profiles + profiles);
}

function sumsOf({ hours }: Data, hour: number): Map<string, Sum> {
  const sums = hours.get(hour) ?? new Map<string, Sum>();
  hours.set(hour, sums);
  return sums;
}

function addedLosses(known: Losses, more: Losses): Losses {
  return Object.fromEntries(
    LOSS_REASONS.flatMap((reason) => {
      const count = (known[reason] ?? 0) + (more[reason] ?? 0);
      return count > 0 ? [[reason, count]] : [];
    }),
  );
}

/** Deletes old data, then adds each old hour to its day or week. */
function maintain(data: Data, nowHour: number, retention: Retention): void {
  const oldest = nowHour - retention.keepDays * DAY_HOURS;
  const oldestBatch = nowHour - retention.batchIdDays * DAY_HOURS;
  for (const hour of data.losses.keys()) if (hour < oldest) data.losses.delete(hour);
  for (const [id, hour] of data.batches) if (hour < oldestBatch) data.batches.delete(id);
  for (const [hour, sums] of data.hours) {
    const into = rolledHour(hour, nowHour, retention);
    if (hour >= oldest && into === hour) continue;
    data.hours.delete(hour);
    if (hour < oldest) continue;
    for (const { profile, profiles } of sums.values()) {
      const key = { ...profile.key, hour: into };
      const [target, text] = [sumsOf(data, into), keyText(key)];
      const known = target.get(text);
      const moved = { ...profile, key };
      target.set(text, known ? added(known, profile, profiles) : sumOf(moved, profiles));
    }
  }
}

function createReader({ hours, losses, documents }: Data): StoreReader {
  const ofWindow = (query: WindowQuery): Sum[] =>
    [...hours].flatMap(([hour, sums]) =>
      hour >= query.fromHour && hour < query.toHour ? selected(sums, query) : [],
    );
  return {
    async totals() {
      const all = [...hours.values()].flatMap((sums) => [...sums.values()]);
      const rows = grouped(all, ({ key }) => [
        key.model,
        key.version,
        key.backend,
        key.browser,
        key.segment,
        key.sampling,
      ]);
      return rows.map(({ first: { key }, sums, counts }) => ({
        model: key.model,
        version: key.version,
        backend: key.backend,
        browser: key.browser,
        segment: key.segment,
        sampling: key.sampling,
        ...counts,
        firstHour: Math.min(...sums.map(({ profile }) => profile.key.hour)),
        lastHour: Math.max(...sums.map(({ profile }) => profile.key.hour)),
      }));
    },
    async versions() {
      const all = [...hours.values()].flatMap((sums) => [...sums.values()]);
      return grouped(all, ({ key }) => [key.model, key.version]).map(({ first, sums }) => ({
        model: first.key.model,
        version: first.key.version,
        lastHour: Math.max(...sums.map(({ profile }) => profile.key.hour)),
      }));
    },
    async newestHour() {
      const known = [...hours].filter(([, sums]) => sums.size > 0).map(([hour]) => hour);
      return known.length > 0 ? Math.max(...known) : undefined;
    },
    async timeline(query) {
      const rows = grouped(ofWindow(query), ({ key }) => [key.hour, key.version]);
      return rows.map(({ first: { key }, counts }) => ({
        hour: key.hour,
        version: key.version,
        devices: counts.devices,
        failedDevices: counts.failedDevices,
        predictions: counts.predictions,
        errors: counts.errors,
        sessionsStarted: counts.sessionsStarted,
        sessionsFailed: counts.sessionsFailed,
        goldenFailed: counts.goldenFailed,
      }));
    },
    async sums(query, by) {
      const found = new Map<string, Profile>();
      for (const { profile } of ofWindow(query)) {
        const key = reducedKey(profile.key, by, query.fromHour);
        const text = keyText(key);
        const sum = found.get(text);
        if (sum) addInto(sum, profile);
        else found.set(text, { ...ownCopy(profile), key });
      }
      return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, profile]) => profile);
    },
    async predictions(query) {
      const rows = grouped(ofWindow(query), ({ key }) => [
        key.version,
        key.reference,
        key.sampling,
        key.group,
        key.hour,
      ]);
      return rows.map(({ first: { key }, counts }) => ({
        version: key.version,
        reference: key.reference,
        sampling: key.sampling,
        group: key.group,
        hour: key.hour,
        predictions: counts.predictions,
      }));
    },
    async compared(query) {
      return addCompared(ofWindow(query).map(({ profile }) => comparedOf(profile)));
    },
    async losses(fromHour, toHour) {
      const inWindow = [...losses].filter(([hour]) => hour >= fromHour && hour < toHour);
      return inWindow.reduce<Losses>((sum, [, one]) => addedLosses(sum, one), {});
    },
    find: async (kind, id) => structuredClone(documents.get(kind)?.get(id)),

    async list(kind, limit) {
      return [...(documents.get(kind)?.values() ?? [])]
        .toSorted((a, b) => b.atMs - a.atMs || (a.id < b.id ? 1 : -1))
        .slice(0, limit)
        .map((one) => ({ ...one, body: structuredClone(one.body) }));
    },
    async close() {},
  };
}

function selected(sums: HourOfSums, query: WindowQuery): Sum[] {
  const { model, version, backend, browser, segment } = query;
  return [...sums.values()].filter(
    ({ profile: { key } }) =>
      key.model === model &&
      (version ?? key.version) === key.version &&
      (backend ?? key.backend) === key.backend &&
      (browser ?? key.browser) === key.browser &&
      (segment ?? key.segment) === key.segment,
  );
}

type Counts = Record<(typeof COUNT_COLUMNS)[number] | 'profiles', number>;

interface Row {
  /** The first profile of the row, for the fields of the key that all of them share. */
  readonly first: Profile;
  readonly sums: readonly Sum[];
  readonly counts: Counts;
}

/** Groups sums by these fields of their keys, sorted by them in this order. */
function grouped(
  sums: readonly Sum[],
  fieldsOf: (profile: Profile) => readonly (string | number)[],
): Row[] {
  const rows = new Map<string, { fields: readonly (string | number)[]; sums: Sum[] }>();
  for (const sum of sums) {
    const fields = fieldsOf(sum.profile);
    const text = JSON.stringify(fields);
    const row = rows.get(text);
    if (row) row.sums.push(sum);
    else rows.set(text, { fields, sums: [sum] });
  }
  return [...rows.values()]
    .toSorted((a, b) => compareFields(a.fields, b.fields))
    .flatMap(({ sums: [first, ...rest] }) =>
      first
        ? [{ first: first.profile, sums: [first, ...rest], counts: countsIn([first, ...rest]) }]
        : [],
    );
}

function compareFields(a: readonly (string | number)[], b: readonly (string | number)[]): number {
  for (const [i, field] of a.entries()) {
    const other = b[i] ?? '';
    if (field !== other) return field < other ? -1 : 1;
  }
  return 0;
}

function countsIn(sums: readonly Sum[]): Counts {
  const totals = new Float64Array(COUNT_COLUMNS.length);
  let profiles = 0;
  for (const sum of sums) {
    profiles += sum.profiles;
    for (const [i, count] of sum.counts.entries())
      totals[i] = Math.min(Number.MAX_SAFE_INTEGER, (totals[i] ?? 0) + count);
  }
  const named = COUNT_COLUMNS.map((name, i) => [name, totals[i] ?? 0] as const);
  return { ...(Object.fromEntries(named) as Omit<Counts, 'profiles'>), profiles };
}
