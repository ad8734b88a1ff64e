/** The counts of one model version in one hour, as `telemetry.preview()` gives them. */
export interface ShownProfile {
  readonly model: string;
  readonly version: string;
  readonly backend: string;
  readonly browser: string;
  readonly group: number;
  readonly hour: string;
  readonly predictions: number;
  readonly sessions: { readonly started: number };
  readonly errors: Readonly<Record<string, number>>;
  readonly features: Readonly<Record<string, { readonly bins: readonly number[] }>>;
  readonly labels: Readonly<Record<string, number>>;
  readonly latencyP50Ms: Readonly<Record<string, number | null>>;
}

interface Preview {
  readonly next: readonly ShownProfile[];
  readonly queued: readonly { readonly profiles: readonly ShownProfile[] }[];
}

/** All counts that wait on a device: those of sealed batches, then those that are still open. */
export function waitingProfiles(preview: unknown): readonly ShownProfile[] {
  const { next, queued } = preview as Preview;
  return [...queued.flatMap(({ profiles }) => profiles), ...next];
}

/** The predictions among the counts. */
export function predictionsIn(profiles: readonly ShownProfile[]): number {
  return profiles.reduce((sum, { predictions }) => sum + predictions, 0);
}

/** The bytes of an upload as lines of a hex dump. */
export function hexLines(bytes: Uint8Array, lines: number): readonly string[] {
  const wide = 16;
  return Array.from({ length: Math.min(lines, Math.ceil(bytes.length / wide)) }, (_, line) =>
    Array.from(bytes.subarray(line * wide, (line + 1) * wide), (byte) =>
      byte.toString(16).padStart(2, '0'),
    ).join(' '),
  );
}
