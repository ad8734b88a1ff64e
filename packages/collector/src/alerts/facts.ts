/** Numbers for the sentences about a finding, beyond its effect. */
export interface Facts {
  /** The same figure without the problem. */
  readonly usual?: number;
  /**
   * Whose figure `usual` is: that of another version, or this version's own in earlier hours.
   * Missing: that of the training data.
   */
  readonly than?: { readonly version: string } | { readonly when: string };
  /** How a distribution changed. */
  readonly shift?: Shift;
  /** The feature is one of the statistics that the SDK computes of pictures. */
  readonly isOfPictures?: boolean;
  /** Why something cannot be judged. */
  readonly reasons?: readonly string[];
}

/** How the values of a feature or an output moved away from the reference. */
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

/** What users notice of a version, in the window of a finding. */
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
