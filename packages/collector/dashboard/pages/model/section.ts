import type { ModelSummary } from '../../../src/api.ts';
import type { Parameters, View } from '../../address.ts';

/** What every section of a model's page is given. */
export interface SectionProps {
  readonly model: ModelSummary;
  /** The one chosen, or the one predicted with most. */
  readonly version: string;
  readonly view: View;
  readonly parameters: Parameters;
  /** Path of this model's routes. */
  readonly base: string;
}
