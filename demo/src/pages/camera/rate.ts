/** Events of the last seconds: how many a second, and the longest time between two. */
export interface Rate {
  note(atMs: number): void;
  perSecond(nowMs: number): number;
  longestGapMs(nowMs: number): number;
}

/** @param windowMs events before this time are forgotten */
export function createRate(windowMs: number): Rate {
  let times: number[] = [];
  let began: number | undefined;
  const recent = (nowMs: number): number[] => {
    times = times.filter((at) => at > nowMs - windowMs);
    return times;
  };
  return {
    note(atMs) {
      began ??= atMs;
      times.push(atMs);
      if (times.length > 1_000) recent(atMs);
    },
    perSecond(nowMs) {
      // In the beginning there are no events of a whole window.
      const spanMs = Math.min(windowMs, nowMs - (began ?? nowMs));
      return spanMs <= 0 ? 0 : (1_000 * recent(nowMs).length) / spanMs;
    },
    longestGapMs(nowMs) {
      const all = recent(nowMs);
      return all.reduce(
        (longest, at, i) => Math.max(longest, i === 0 ? 0 : at - (all[i - 1] ?? at)),
        0,
      );
    },
  };
}
