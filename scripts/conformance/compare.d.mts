export interface TestTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: ArrayBufferView | readonly string[];
}

export const TOLERANCE: { readonly rtol: number; readonly atol: number };
export function difference(
  got: TestTensor | undefined,
  expected: TestTensor,
  tolerance?: { readonly rtol: number; readonly atol: number },
): string | null;
