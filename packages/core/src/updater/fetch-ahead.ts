import type { FetchMetadata } from '@perigee/registry';

const TIMESTAMP_BYTES = 16 * 1024;
/**
 * The files that every refresh needs, and the most bytes to fetch of each ahead. A larger file waits
 * for its turn. Names of other delegated roles are not followed.
 */
const LISTED: ReadonlyMap<string, number> = new Map([
  ['snapshot.json', 2 * 1024 * 1024],
  ['targets.json', 5 * 1024 * 1024],
  ['channels.json', 5 * 1024 * 1024],
]);

interface Named {
  readonly file: string;
  readonly maxBytes: number;
}

/**
 * Requests metadata before its turn, so that a refresh waits for fewer round trips: the timestamp
 * together with the next root and, where the device has no metadata yet, every file as soon as the
 * file that lists it has arrived. Nothing is verified here. A file that came early is verified in
 * its turn like any other, so a host gains nothing by what it lists.
 * @param isFirst whether the device has no metadata of this registry
 */
export function fetchAhead(fetch: FetchMetadata, isFirst: boolean): FetchMetadata {
  const begun = new Map<string, Promise<Uint8Array | undefined>>();
  /** Number of newer roots that have arrived. */
  let newer = 0;
  const begin = ({ file, maxBytes }: Named): void => {
    if (begun.has(file)) return;
    const of = newer;
    const fetched = fetch(file, maxBytes);
    begun.set(file, fetched);
    // Its turn reports a failure, if the file has a turn.
    fetched.then(
      (bytes) => isFirst && bytes && of === newer && listedIn(bytes).forEach(begin),
      () => undefined,
    );
  };
  return async (file, maxBytes) => {
    const root = rootVersion(file);
    if (root === 1) begin({ file: '2.root.json', maxBytes });
    if (root !== undefined) begin({ file: 'timestamp.json', maxBytes: TIMESTAMP_BYTES });
    const early = begun.get(file);
    begun.delete(file);
    const bytes = await (early ?? fetch(file, maxBytes));
    // Files that came early may be older than this root, and signed by keys that it replaced.
    if (root !== undefined && root > 1 && bytes) {
      begun.clear();
      newer += 1;
    }
    return bytes;
  };
}

function rootVersion(file: string): number | undefined {
  const [, version] = /^([0-9]+)\.root\.json$/.exec(file) ?? [];
  return version === undefined ? undefined : Number(version);
}

/** The files to fetch next, if this one is right. */
function listedIn(bytes: Uint8Array): Named[] {
  try {
    const { signed } = JSON.parse(new TextDecoder().decode(bytes)) as {
      readonly signed: { readonly meta?: Readonly<Record<string, Record<string, unknown>>> };
    };
    return Object.entries(signed.meta ?? {}).flatMap(([name, { version, length }]) => {
      const most = LISTED.get(name);
      if (most === undefined || !isCount(version)) return [];
      const maxBytes = isCount(length) ? length : most;
      return maxBytes > most ? [] : [{ file: `${version}.${name}`, maxBytes }];
    });
  } catch {
    // Its turn reports what is wrong with it.
    return [];
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0;
}
