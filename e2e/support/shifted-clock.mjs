// node --import shifted-clock.mjs: shifts the clock by the milliseconds in the file that
// PERIGEE_CLOCK names, in workers, too.
import { readFileSync } from 'node:fs';

const file = process.env['PERIGEE_CLOCK'] ?? '';
const RealDate = Date;
const now = () => RealDate.now() + Number(readFileSync(file, 'utf8'));

// Only calls without arguments ask for the time.
globalThis.Date = new Proxy(RealDate, {
  construct: (target, parts, newTarget) =>
    Reflect.construct(target, parts.length > 0 ? parts : [now()], newTarget),
  get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
});
