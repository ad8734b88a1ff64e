import { ProfileError } from '../error.ts';
import { incompleteBeta } from './incomplete-beta.ts';

/**
 * P(F ≥ x) of Fisher's F distribution: I_z(d₂/2, d₁/2) with z = d₂/(d₂ + d₁ x), the regularised
 * incomplete beta function (https://dlmf.nist.gov/8.17).
 * @param above d₁, degrees of freedom of the numerator
 * @param below d₂, degrees of freedom of the denominator
 * @throws ProfileError INVALID_INPUT for degrees of freedom that are not above zero
 * @example
 * ```ts
 * fisherSurvival(4.96, 1, 10); // 0.05
 * ```
 */
export function fisherSurvival(x: number, above: number, below: number): number {
  if (!(above > 0 && below > 0))
    throw new ProfileError(
      'INVALID_INPUT',
      `Degrees of freedom must be above zero; got ${above} and ${below}.`,
    );
  if (!(x > 0)) return 1;
  const r = (above / below) * x;
  return incompleteBeta(below / 2, above / 2, 1 / (1 + r), 1 / (1 + 1 / r));
}
