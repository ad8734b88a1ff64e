const HOUR_MS = 3_600_000;
const TIME_STEPS_MS = [1 / 12, 1 / 4, 1 / 2, 1, 2, 3, 6, 12, 24, 48, 168, 336].map(
  (hours) => hours * HOUR_MS,
);

/** Round values within a range, about as many as asked for. */
export function roundTicks(min: number, max: number, about: number): readonly number[] {
  const rough = (max - min) / about;
  if (!(rough > 0)) return [min];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(min / step - 1e-9);
  const count = Math.floor(max / step + 1e-9) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => (first + i) * step);
}

/** The powers of ten within a range. */
export function powerTicks(min: number, max: number): readonly number[] {
  const [first, last] = [Math.ceil(Math.log10(min)), Math.floor(Math.log10(max))];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => 10 ** (first + i));
}

/** Round times in the reader's time zone, in ms since 1970. */
export function timeTicks(fromMs: number, toMs: number, about: number): readonly number[] {
  const rough = (toMs - fromMs) / about;
  const step = TIME_STEPS_MS.find((one) => one >= rough) ?? rough;
  const zone = new Date(fromMs).getTimezoneOffset() * 60_000;
  return roundTicksOf(fromMs - zone, toMs - zone, step).map((at) => at + zone);
}

function roundTicksOf(min: number, max: number, step: number): readonly number[] {
  const first = Math.ceil(min / step);
  const count = Math.floor(max / step) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => (first + i) * step);
}
