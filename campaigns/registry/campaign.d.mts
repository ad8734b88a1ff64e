interface Options {
  readonly kills: number;
  readonly seed: number;
  /** After this many commands the registry is lost, and its backup is restored. */
  readonly lostEvery?: number;
}

export declare function runCampaign(
  folder: string,
  options: Options,
): Promise<{
  readonly seen: Readonly<Record<string, { readonly times: number; readonly killed: number }>>;
  readonly faults: readonly string[];
}>;
