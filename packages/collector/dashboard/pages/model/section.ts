import type { ModelSummary } from '../../../src/api.ts';
import type { Parameters, View } from '../../address.ts';

/** Props of every section of a model's page. */
export interface SectionProps {
  readonly model: ModelSummary;
  /** The selected version, or the one with the most predictions. */
  readonly version: string;
  readonly view: View;
  readonly parameters: Parameters;
  /** Base path of this model's API routes. */
  readonly base: string;
}
