/** `targets/channels/<sha256>.<model>.json`: named pointers to versions of one model. Rollouts and experiments come to this file later. */
export interface ChannelFile {
  readonly schema: 'perigee-channels/1';
  readonly model: string;
  /** Grows with every change, also when a channel goes back to an older version. */
  readonly sequence: number;
  readonly channels: Readonly<Record<string, { readonly version: string }>>;
}
