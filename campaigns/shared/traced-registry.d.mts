import type { Profile, ReferenceProfile } from '@perigee/profile';

export const MODEL: string;
export const VERSION: string;
export const MAX_IDS: number;
export function makeTracedRegistry(
  folder: string,
): Promise<{ readonly path: string; readonly profile: ReferenceProfile; readonly id: string }>;
export function inputOf(id: number): number[];
export function countedIds(profiles: readonly Profile[]): Map<number, number>;
