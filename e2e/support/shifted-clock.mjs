// node --import shifted-clock.mjs: shifts the clock by the milliseconds in the file that
// PERIGEE_CLOCK names, in workers, too.
import { readFileSync } from 'node:fs';

const file = process.env.PERIGEE_CLOCK;
const RealDate = Date;
const now = () => RealDate.now() + Number(readFileSync(file, 'utf8'));

globalThis.Date = class extends RealDate {
  constructor(...parts) {
    if (parts.length > 0) super(...parts);
    else super(now());
  }

  static now() {
    return now();
  }
};
