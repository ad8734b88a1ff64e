import { alertCards } from './alert-cards.ts';
import { isOnline } from './device.ts';
import type { Device } from './device.ts';
import type { Fleet } from './fleet.ts';
import { DEVICE_STATES, OFFLINE } from './protocol.ts';
import type { DeviceState, Snapshot } from './protocol.ts';
import { channelIn } from './publisher.ts';
import { nextVersion } from './releases.ts';

/** The present state of the fleet, as the page shows it. */
export function snapshotOf(fleet: Fleet, run: Pick<Snapshot, 'speed' | 'skipping'>): Snapshot {
  const { version: stable, rollout } = channelIn(fleet.channel);
  const states = fleet.devices.map((device) => stateOf(device, fleet));
  const online = fleet.devices.map((device) => isOnline(device, fleet.nowMs));
  const latest = fleet.releases.get(fleet.latest);
  return {
    ...run,
    nowMs: fleet.nowMs,
    startedMs: fleet.startedMs,
    knobs: fleet.knobs,
    dots: Uint8Array.from(
      states,
      (state, i) => DEVICE_STATES.indexOf(state) + (online[i] ? 0 : OFFLINE),
    ),
    counts: Object.fromEntries(
      DEVICE_STATES.map((state) => [state, states.filter((one) => one === state).length]),
    ) as Record<DeviceState, number>,
    offline: online.filter((one) => !one).length,
    stable,
    rollout: rollout ? { version: rollout.version, percent: rollout.permyriad / 100 } : null,
    canGoBack: rollout !== undefined || fleet.before !== undefined,
    next: nextVersion(fleet.latest),
    latest: latest ? { version: latest.version, fault: latest.fault } : null,
    bytes: { ...fleet.bytesMoved },
    predictions: fleet.predictions,
    points: [...fleet.history.points],
    marks: [...fleet.history.marks],
    alerts: alertCards(fleet),
    guard: fleet.guard,
    log: [...fleet.history.log],
  };
}

/** A refusal is shown until the next version is shipped, though the channel forgets the first. */
function stateOf({ active, probation, bad }: Device, { channel, latest }: Fleet): DeviceState {
  const { version: stable, rollout } = channelIn(channel);
  if (active === rollout?.version || (active === latest && active === stable && probation))
    return probation ? 'trial' : 'new';
  const failed = bad.get(latest);
  if (failed) return failed;
  return active === stable ? 'stable' : 'older';
}
