import { useEffect, useMemo, useState } from 'react';
import type { TelemetryStatus } from 'perigee';
import { faultOf } from '../../visitor-words.ts';
import type { Fault } from '../../visitor-words.ts';
import { sampleAt, sheetWith } from '../sample-digits.ts';
import type { SampleDigit } from '../sample-digits.ts';
import { waitingProfiles } from './payload.ts';
import type { ShownProfile } from './payload.ts';
import { createPracticeDevice } from './practice-device.ts';
import type { PracticeDevice, UploadsTo } from './practice-device.ts';

export interface PracticeState {
  readonly isReady: boolean;
  readonly backend?: string;
  readonly fault?: Fault;
  readonly isOffline: boolean;
  readonly hasConsent: boolean;
  readonly uploadsTo: UploadsTo;
  /** Answers since the page was opened. */
  readonly answers: number;
  readonly last?: { readonly sample: SampleDigit; readonly label: string; readonly ms: number };
  readonly status: TelemetryStatus;
  /** The counts that wait. */
  readonly waiting: readonly ShownProfile[];
  readonly preview: unknown;
  readonly uploads: { readonly count: number; readonly last?: Uint8Array };
}

export interface Practice extends PracticeState {
  predict(): void;
  send(): void;
  setOffline(offline: boolean): void;
  setConsent(given: boolean): void;
  /** Makes another device, after a fault. */
  restart(): void;
}

const NOTHING: Omit<PracticeState, 'uploadsTo'> = {
  isReady: false,
  isOffline: false,
  hasConsent: true,
  answers: 0,
  status: { queued: 0, sent: 0, lost: 0 },
  waiting: [],
  preview: undefined,
  uploads: { count: 0 },
};

interface Options {
  readonly uploadsTo: UploadsTo;
  /** Tries to send after each answer, instead of when the visitor asks for it. */
  readonly sendsAtOnce: boolean;
}

/** A device that predicts sample digits, and what it counts and sends. */
export function usePracticeDevice({ uploadsTo, sendsAtOnce }: Options): Practice {
  const [state, setState] = useState<PracticeState>({ ...NOTHING, uploadsTo });
  const [attempt, setAttempt] = useState(0);
  const session = useMemo(() => createSession(setState, sendsAtOnce), [sendsAtOnce]);
  useEffect(() => session.start(uploadsTo), [session, uploadsTo, attempt]);
  const { predict, send, setOffline, setConsent } = session;
  const restart = (): void => setAttempt((before) => before + 1);
  return { ...state, predict, send, setOffline, setConsent, restart };
}

type Change = Partial<PracticeState> | ((before: PracticeState) => Partial<PracticeState>);

function createSession(
  setState: (update: (before: PracticeState) => PracticeState) => void,
  sendsAtOnce: boolean,
) {
  let device: PracticeDevice | undefined;
  let turn = 0;
  /** One task after the other, so that what is shown is of one moment. */
  let queue: Promise<unknown> = Promise.resolve();

  function start(uploadsTo: UploadsTo): () => void {
    const mine = createPracticeDevice(uploadsTo, (bytes) =>
      show(mine, ({ uploads }) => ({ uploads: { count: uploads.count + 1, last: bytes } })),
    );
    device = mine;
    setState(() => ({ ...NOTHING, uploadsTo: mine.uploadsTo }));
    run(async () => {
      const { backend } = await mine.model;
      return { isReady: true, backend };
    });
    return () => {
      device = undefined;
      void mine.perigee.dispose();
    };
  }

  /** A change of a device that was replaced meanwhile is nothing to show. */
  function show(of: PracticeDevice, change: Change): void {
    if (device !== of) return;
    setState((before) => ({
      ...before,
      ...(typeof change === 'function' ? change(before) : change),
    }));
  }

  function run(task: (current: PracticeDevice) => Promise<Change>): void {
    const current = device;
    if (!current) return;
    queue = queue.then(async () => {
      try {
        show(current, await task(current));
        const { telemetry } = current.perigee;
        const [status, preview] = [await telemetry.status(), await telemetry.preview()];
        show(current, { status, preview, waiting: waitingProfiles(preview) });
      } catch (error) {
        show(current, { fault: faultOf(error) });
      }
    });
  }

  return {
    start,
    predict: () =>
      run(async ({ model, perigee }) => {
        const sample = sampleAt(turn++);
        const { output, timing } = await (await model).predict(sheetWith(sample));
        if (sendsAtOnce) await perigee.telemetry.flush();
        return ({ answers }) => ({
          answers: answers + 1,
          last: { sample, label: output.label, ms: timing.totalMs },
        });
      }),
    send: () => run(async ({ perigee }) => (await perigee.telemetry.flush(), {})),
    setOffline: (isOffline: boolean) =>
      run(async ({ network, perigee }) => {
        network.set(isOffline);
        if (!isOffline) await perigee.telemetry.flush();
        return { isOffline };
      }),
    setConsent: (hasConsent: boolean) =>
      run(async ({ perigee }) => {
        await perigee.telemetry.setConsent(hasConsent);
        return { hasConsent };
      }),
  };
}
