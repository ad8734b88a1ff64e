import type { SealedBatch } from '@perigee/profile';
import type { Limit } from '../http/rate-limit.ts';

const HOUR_MS = 3_600_000;
/** Windows of the last 48 hours are read hour by hour, which bounds the weight of each upload. */
const OLD_HOURS = 48;

/**
 * Limit of uploads with an old window from one address: as many an hour as of all uploads a minute.
 * Devices that are over the limit, such as those of an office after a holiday, send again later, so
 * no count is lost.
 */
export function oldWindowLimitOf(uploadsPerMinute: number): Limit {
  return {
    max: uploadsPerMinute,
    windowMs: HOUR_MS,
    // Devices hold back only old windows after this code.
    code: 'OLD_WINDOWS_LIMITED',
    what: `uploads an hour with windows older than ${OLD_HOURS} hours`,
  };
}

export function hasOldWindow({ profiles }: SealedBatch, nowMs: number): boolean {
  const oldest = Math.floor(nowMs / HOUR_MS) - OLD_HOURS;
  return profiles.some(({ key }) => key.hour < oldest);
}
