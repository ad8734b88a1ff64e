import { giveToEveryone, goBack, retrain, setPercent, ship, turn } from './commands.ts';
import { advance } from './fleet.ts';
import type { Fleet } from './fleet.ts';
import type { Command, Snapshot } from './protocol.ts';
import { snapshotOf } from './snapshot.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** At most ten snapshots a second. */
const TICK_MS = 100;
/** A machine that is too slow falls behind by no more than this much real time. */
const MAX_BEHIND_MS = 500;
/** Simulated before the first snapshot, so that there is something to compare with. */
const BEFORE_HOURS = 7;
/** Simulated between two looks at the commands, while hours are skipped. */
const SKIP_STEP_MS = 10 * MINUTE_MS;

export interface Driver {
  take(command: Command): void;
}

/**
 * Runs a fleet in real time, and tells what it looks like.
 * @param fail called if the simulation cannot go on
 */
export function createDriver(
  fleet: Fleet,
  tell: (snapshot: Snapshot) => void,
  fail: (error: unknown) => void,
): Driver {
  let speed = 60;
  let skipToMs = fleet.nowMs;
  let paused = false;
  let toldMs = -Infinity;
  const commands: Command[] = [];

  async function obey(command: Command): Promise<void> {
    switch (command.type) {
      case 'pause':
        paused = command.paused;
        break;
      case 'speed':
        speed = command.speed;
        break;
      case 'skip':
        skipToMs = Math.max(skipToMs, fleet.nowMs) + command.hours * HOUR_MS;
        break;
      case 'ship':
        ship(fleet, command.fault, command.percent);
        break;
      case 'retrain':
        await retrain(fleet, command.percent);
        break;
      case 'percent':
        setPercent(fleet, command.percent);
        break;
      case 'everyone':
        giveToEveryone(fleet);
        break;
      case 'roll-back':
        goBack(fleet);
        break;
      case 'knob':
        turn(fleet, command.knob, command.share);
        break;
    }
  }

  function report(): void {
    const skipping = Math.max(0, skipToMs - fleet.nowMs) / HOUR_MS;
    toldMs = performance.now();
    tell(snapshotOf(fleet, { speed, skipping }));
  }

  async function run(): Promise<never> {
    await advance(fleet, BEFORE_HOURS * HOUR_MS);
    report();
    let beforeMs = performance.now();
    for (;;) {
      const startMs = performance.now();
      const realMs = Math.min(MAX_BEHIND_MS, startMs - beforeMs);
      beforeMs = startMs;
      const hadCommands = commands.length > 0;
      for (const command of commands.splice(0)) await obey(command);
      const isSkipping = fleet.nowMs < skipToMs;
      if (isSkipping) await advance(fleet, Math.min(SKIP_STEP_MS, skipToMs - fleet.nowMs));
      else if (!paused) await advance(fleet, realMs * speed);
      const isDue = performance.now() - toldMs >= TICK_MS;
      if (hadCommands || (isDue && (isSkipping || !paused))) report();
      await pause(isSkipping ? 0 : TICK_MS);
    }
  }

  run().catch(fail);
  return { take: (command) => void commands.push(command) };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
