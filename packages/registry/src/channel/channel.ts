/**
 * `targets/channels/<sha256>.<model>.json`: which version of a model a device runs. The role
 * `channels` signs it. A device that has read one follows its `floor` and `revoked` offline too.
 */
export interface ChannelFile {
  readonly schema: 'perigee-channels/1';
  readonly model: string;
  /** Grows with every change, even when a channel goes back to an older version. */
  readonly sequence: number;
  readonly channels: Readonly<Record<string, Channel>>;
  /** Time and reason of the last change; for people. */
  readonly updatedAt?: string;
  readonly note?: string;
  /** Lowest version that may run. It overrides channels, ranges and pins. */
  readonly floor?: string;
  /** Versions that must not run any more, each with its reason. */
  readonly revoked?: readonly Revocation[];
  readonly experiments?: readonly Experiment[];
}

export interface Channel {
  readonly version: string;
  /** A version that some of the devices get instead. */
  readonly rollout?: Rollout;
  /**
   * Versions that were rolled back on this channel, oldest first. A publisher must ask explicitly
   * to select one again.
   */
  readonly takenBack?: readonly string[];
}

export interface Rollout {
  readonly version: string;
  /** Share of the devices in basis points (1/10,000). Raising it adds devices and removes none. */
  readonly permyriad: number;
  /** A new salt selects different devices. */
  readonly salt: string;
  /** ISO 8601. No device gets the version before this time. */
  readonly startAt?: string;
}

export interface Revocation {
  readonly version: string;
  readonly reason: string;
}

/**
 * An experiment on the channel `stable`. It assigns devices to arms by a bucket of its own salt.
 * Devices outside all arms follow the channel.
 */
export interface Experiment {
  readonly id: string;
  readonly salt: string;
  readonly arms: readonly {
    readonly name: string;
    readonly permyriad: number;
    readonly version: string;
  }[];
}
