import type { Tensor, Tensors } from '../tensor.ts';
import { toNumbers } from '../dtypes.ts';

/** Tolerance relative to the largest value. The order of a sum changes a float32's last bits. */
const RELATIVE = 1e-4;
const ABSOLUTE = 1e-5;

/** Whether two runs gave the same outputs, up to rounding. */
export function outputsAgree(a: Tensors, b: Tensors): boolean {
  const names = Object.keys(b);
  return (
    names.length === Object.keys(a).length &&
    names.every((name) => agree(a[name], b[name] as Tensor))
  );
}

function agree(a: Tensor | undefined, b: Tensor): boolean {
  if (!a || a.dtype !== b.dtype || a.shape.join() !== b.shape.join()) return false;
  const got = toNumbers(a.dtype, a.data);
  const expected = toNumbers(b.dtype, b.data);
  const scale = expected.reduce<number>(
    (most, value) =>
      typeof value === 'number' && Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most,
    0,
  );
  return expected.every((want, i) => {
    const value = got[i];
    if (typeof want === 'string' || typeof value !== 'number') return value === want;
    return (
      Object.is(value, want) ||
      value === want ||
      Math.abs(value - want) <= ABSOLUTE + RELATIVE * scale
    );
  });
}
