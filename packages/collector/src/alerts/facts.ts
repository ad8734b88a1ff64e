/** Numbers for the sentences about a finding, beyond its effect. */
export interface Facts {
  /** The same figure without the problem. */
  readonly usual?: number;
  /**
   * The source of `usual`: another version, or this version's own earlier hours.
   * Missing: that of the training data.
   */
  readonly than?: { readonly version: string } | { readonly when: string };
  /** The change of a distribution. */
  readonly shift?: Shift;
  /** The feature is one of the statistics that the SDK computes of pictures. */
  readonly isOfPictures?: boolean;
  /** Why something cannot be judged. */
  readonly reasons?: readonly string[];
}

/** The shift of the values of a feature or an output away from the reference. */
export type Shift =
  | {
      readonly kind: 'up' | 'down' | 'wider' | 'narrower';
      /** Share of the values beyond a limit (`narrower`: within it). */
      readonly share: number;
      /** Share of the reference's values there. */
      readonly usual: number;
    }
  | {
      /** The word whose share grew most. */
      readonly kind: 'category';
      readonly word: string;
      readonly share: number;
      readonly usual: number;
    };

/** Effects of a version that users notice, in the window of a finding. */
export interface Impact {
  readonly accuracy:
    | (Measured & {
        readonly kind: 'measured' | 'estimated';
        /** Accuracy on held-out rows; null without a calibration. */
        readonly usual: number | null;
      })
    | null;
  /** Null without sessions. */
  readonly failedSessions: Measured | null;
  readonly p50Ms: number | null;
  /** Inputs differ from those of the calibration, so estimates from scores do not hold. */
  readonly inputsMoved: boolean;
}

interface Measured {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}
