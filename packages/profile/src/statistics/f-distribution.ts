import { ProfileError } from '../error.ts';
import { incompleteBeta } from './incomplete-beta.ts';

/** P(F ≥ x) of Fisher's F: I_z(d₂/2, d₁/2) with z = d₂/(d₂ + d₁ x). */
export function fisherSurvival(x: number, above: number, below: number): number {
  if (!(above > 0 && below > 0)) throw new ProfileError('INVALID_INPUT', `Degrees of freedom must be above zero; got ${above} and ${below}.`);
  if (!(x > 0)) return 1;
  const r = (above / below) * x;
  return incompleteBeta(below / 2, above / 2, 1 / (1 + r), 1 / (1 + 1 / r));
}
