interface Options {
  readonly kills: number;
  readonly seed: number;
  /** The registry is lost, and its backup restored, after so many commands. */
  readonly lostEvery?: number;
}

export declare function runCampaign(folder: string, options: Options): Promise<{
  readonly seen: Readonly<Record<string, { readonly times: number; readonly killed: number }>>;
  readonly faults: readonly string[];
}>;
