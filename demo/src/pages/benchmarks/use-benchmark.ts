import { useEffect, useRef, useState } from 'react';
import { faultOf } from '../../visitor-words.ts';
import type { Fault } from '../../visitor-words.ts';
import { measure } from './measure.ts';
import type { SideId } from './measure.ts';
import { browserFamily } from './share.ts';
import type { Report } from './share.ts';
import { makeSides } from './sides.ts';

export const PLAN = { rounds: 5, calls: 50 } as const;

export interface Benchmark {
  /** From 0 to 1 while it runs. */
  readonly progress: number | undefined;
  readonly report: Report | undefined;
  readonly fault: Fault | undefined;
  start(sides: ReadonlySet<SideId>): void;
  cancel(): void;
}

/** Measures on this device, once at a time. */
export function useBenchmark(): Benchmark {
  const [progress, setProgress] = useState<number>();
  const [report, setReport] = useState<Report>();
  const [fault, setFault] = useState<Fault>();
  const task = useRef<AbortController>(undefined);
  useEffect(() => () => task.current?.abort(), []);

  async function run(sides: ReadonlySet<SideId>): Promise<void> {
    const { signal } = (task.current = new AbortController());
    setFault(undefined);
    setProgress(0);
    try {
      const figures = await measure(await makeSides(sides, signal), PLAN, signal, (fraction) => {
        if (!signal.aborted) setProgress(fraction);
      });
      setReport({
        day: new Date().toISOString().slice(0, 10),
        browser: browserFamily(navigator.userAgent),
        cores: navigator.hardwareConcurrency,
        figures,
      });
    } catch (error) {
      if (!signal.aborted) setFault(faultOf(error));
    }
    if (task.current?.signal === signal) setProgress(undefined);
  }

  return {
    progress,
    report,
    fault,
    start: (sides) => void run(sides),
    cancel: () => task.current?.abort(),
  };
}
