import { createContext } from 'react';
import type { Mark, MarksAnswer } from '../../src/api-alerts.ts';
import type { View } from '../address.ts';
import { useApi } from '../api.ts';

const NONE: readonly Mark[] = [];

/** Marks of events in the period of a page. Every time axis on it draws them. */
export const MarksContext = createContext(NONE);

export function useMarks(base: string, { from, to }: View): readonly Mark[] {
  const query = new URLSearchParams({ from, ...(to !== undefined && { to }) });
  return useApi<MarksAnswer>(`${base}/marks?${query.toString()}`).data?.marks ?? NONE;
}
