// Sets the clock of a process and its threads ahead, by as many days as CLOCK_AHEAD_DAYS says.
import process from 'node:process';

const RealDate = Date;
const aheadMs = Number(process.env.CLOCK_AHEAD_DAYS) * 86_400_000;

globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length > 0) super(...args);
    else super(RealDate.now() + aheadMs);
  }

  static now() {
    return RealDate.now() + aheadMs;
  }
};
