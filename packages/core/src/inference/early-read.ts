import { closeFiles } from '../engines/give-back.ts';
import type { ModelFacts } from '../rpc/inference-api.ts';
import { holdVersion, keyOf } from '../store/hold-version.ts';
import { loadStored } from '../store/load-stored.ts';
import type { LoadOptions, StoredRelease } from '../store/load-stored.ts';
import type { ModelStore } from '../store/store.ts';

export type StoredSource = NonNullable<ModelFacts['source']>;

/** A version that is read before it is certain that it will be opened. */
export interface EarlyRead {
  readonly source: StoredSource;
  /** Whether the golden samples are left out, so that no trial can follow. */
  readonly withoutGolden: boolean;
  /** Resolves to null when it is not the version that answers, or cannot be read. */
  readonly release: Promise<StoredRelease | null>;
  /** Lets garbage collection have the version. */
  free(): void;
}

/** Reads the version that answered last time, while it is found out which one to open. */
export function readEarly(
  store: Promise<ModelStore>,
  source: StoredSource,
  options: LoadOptions = {},
): EarlyRead {
  const free = holdVersion(source);
  const release = store.then((opened) => readActive(opened, source, options)).catch(none);
  return { source, withoutGolden: options.withoutGolden ?? false, free, release };
}

/**
 * The release that was read early, if it is the one to open. Otherwise its files are closed.
 * @param source null when the model is not to be read from the store
 * @param needsGolden whether a trial follows
 */
export async function takeEarly(
  early: EarlyRead | undefined,
  source: StoredSource | null,
  needsGolden = false,
): Promise<StoredRelease | null> {
  if (!early) return null;
  const isWhole = !(needsGolden && early.withoutGolden);
  if (source && isWhole && keyOf(early.source) === keyOf(source)) return early.release;
  void early.release.then((release) => release && closeFiles(release));
  return null;
}

/** A version in another state has been replaced, or may be incomplete. */
async function readActive(
  store: ModelStore,
  { model, version, variant }: StoredSource,
  options: LoadOptions,
): Promise<StoredRelease | null> {
  const record = await store.getVersion(model, version, variant);
  return record?.state === 'active' ? loadStored(store, model, version, variant, options) : null;
}

function none(): null {
  // The opening meets the same fault and reports it.
  return null;
}
