import { useEffect, useState } from 'react';
import type { DrawingState } from '../draw/drawing.ts';

const SHOWN = 40;

/** The times of the last answers of this device, in milliseconds. */
export function useTimes({ prediction }: DrawingState): readonly number[] {
  const [times, setTimes] = useState<readonly number[]>([]);
  useEffect(() => {
    if (prediction) setTimes((before) => [...before, prediction.timing.totalMs].slice(-SHOWN));
  }, [prediction]);
  return times;
}
