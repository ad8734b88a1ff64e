/**
 * `targets/channels/<sha256>.<model>.json`: which version of one model a device is to run. Signed by the role `channels`. A device that has seen
 * one follows its `floor` and `revoked` without network, too.
 */
export interface ChannelFile {
  readonly schema: 'perigee-channels/1';
  readonly model: string;
  /** Grows with every change, also when a channel goes back to an older version. */
  readonly sequence: number;
  readonly channels: Readonly<Record<string, Channel>>;
  /** When and why it was changed last; for people. */
  readonly updatedAt?: string;
  readonly note?: string;
  /** Lowest version that may run, whatever a channel, a range or a pin says. */
  readonly floor?: string;
  /** Versions that must not run any more, each with the reason given. */
  readonly revoked?: readonly Revocation[];
  readonly experiments?: readonly Experiment[];
}

export interface Channel {
  readonly version: string;
  /** A version that a part of the devices gets instead. */
  readonly rollout?: Rollout;
  /** Versions that were rolled back on this channel, oldest first. Publishers name them again only when told to. */
  readonly takenBack?: readonly string[];
}

export interface Rollout {
  readonly version: string;
  /** Devices of 10,000. Raising it adds devices and takes none away. */
  readonly permyriad: number;
  /** A new salt draws other devices. */
  readonly salt: string;
  /** ISO 8601; before that nobody gets it. */
  readonly startAt?: string;
}

export interface Revocation {
  readonly version: string;
  readonly reason: string;
}

/** Devices are split over arms by a bucket of their own; what the arms leave of 10,000 follows the channel. Applies to `stable`. */
export interface Experiment {
  readonly id: string;
  readonly salt: string;
  readonly arms: readonly { readonly name: string; readonly permyriad: number; readonly version: string }[];
}
