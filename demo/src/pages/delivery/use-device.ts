// The device of the Delivery page. It can become another device, which is in another bucket.
import { createPerigee } from 'perigee';
import type { AuditEntry, Model, Perigee, StoredModel, UpdateCheck } from 'perigee';
import { useCallback, useEffect, useRef, useState } from 'react';
import { telemetry } from '../../perigee.ts';
import { faultOf } from '../../visitor-words.ts';
import type { Fault } from '../../visitor-words.ts';

export const REF = 'digits@beta';
const FIRST = '1.1.0';
const BEGUN_KEY = 'demo-delivery-begun';
const ID_KEY = 'demo-install-id';
const registry = new URL('registry/', document.baseURI).href;

export interface DeviceState {
  readonly model: Model | undefined;
  readonly check: UpdateCheck | undefined;
  readonly stored: readonly StoredModel[];
  readonly entries: readonly AuditEntry[];
  readonly brokenAt: number | null;
  /** The task in progress. */
  readonly busy: string | null;
  readonly fraction: number;
  readonly fault: Fault | null;
}

export interface Device extends DeviceState {
  readonly installId: string;
  /** Whether there is a version to roll back to. */
  readonly mayRollBack: boolean;
  checkForUpdate(): void;
  update(): void;
  rollback(): void;
  becomeAnother(): void;
  forget(): void;
  /** Does the last task again, after a fault. */
  retry(): void;
}

const NOTHING: DeviceState = {
  model: undefined,
  check: undefined,
  stored: [],
  entries: [],
  brokenAt: null,
  busy: null,
  fraction: 0,
  fault: null,
};

export function useDevice(): Device {
  const [installId, setInstallId] = useState(readId);
  const [state, setState] = useState<DeviceState>(NOTHING);
  const perigee = useRef<Perigee>(null);
  const again = useRef<() => void>(() => undefined);
  const set = useCallback(
    (change: Partial<DeviceState>) => setState((before) => ({ ...before, ...change })),
    [],
  );

  const work = useCallback(
    async (busy: string, task: (current: Perigee) => Promise<Partial<DeviceState>>) => {
      const { current } = perigee;
      if (!current) return;
      again.current = () => void work(busy, task);
      set({ busy, fault: null, fraction: 0 });
      let change: Partial<DeviceState> = {};
      try {
        change = await task(current);
      } catch (error) {
        change = { fault: faultOf(error) };
      }
      const [{ models }, log] = await Promise.all([current.storage.report(), current.audit()]);
      if (perigee.current === current)
        set({
          ...change,
          busy: null,
          stored: models.filter(({ name }) => name === 'digits'),
          entries: log.entries,
          brokenAt: log.brokenAt,
        });
    },
    [set],
  );

  const load = useCallback(
    () =>
      work('Loading', async (current) => {
        // Every device of this page begins with the older version, so that there is something to
        // update.
        const isNew = localStorage.getItem(BEGUN_KEY) === null;
        if (isNew) await current.pin(REF, FIRST);
        const model = await current.load(REF, {
          update: 'local',
          onProgress: ({ fraction }) => set({ fraction }),
        });
        if (isNew) await current.pin(REF, null);
        localStorage.setItem(BEGUN_KEY, '1');
        return { model, check: await model.checkForUpdate() };
      }),
    [work, set],
  );

  useEffect(() => {
    const mine = createPerigee({ registry, installId, ...(telemetry && { telemetry }) });
    perigee.current = mine;
    void load();
    return () => {
      perigee.current = null;
      void mine.dispose();
    };
  }, [installId, load]);

  const { model } = state;
  return {
    ...state,
    installId,
    retry: () => again.current(),
    mayRollBack:
      model !== undefined &&
      model.version !== FIRST &&
      state.stored.some(({ version, state: kept }) => version === FIRST && kept !== 'bad'),
    checkForUpdate: () =>
      void work('Checking the registry', async () => ({ check: await model?.checkForUpdate() })),
    update: () =>
      void work('Downloading the changes', async () => {
        await model?.update({ onProgress: ({ fraction }) => set({ fraction }) });
        return { check: await model?.checkForUpdate() };
      }),
    rollback: () =>
      void work('Rolling back', async () => {
        await model?.rollback('requested by a visitor of the demo');
        return { check: await model?.checkForUpdate() };
      }),
    becomeAnother() {
      const id = crypto.randomUUID();
      localStorage.setItem(ID_KEY, id);
      setState(NOTHING);
      setInstallId(id);
    },
    forget: () =>
      void work('Deleting', async (current) => {
        await model?.dispose();
        await current.remove('digits');
        localStorage.removeItem(BEGUN_KEY);
        void load();
        return {};
      }),
  };
}

function readId(): string {
  const known = localStorage.getItem(ID_KEY);
  if (known) return known;
  const made = crypto.randomUUID();
  localStorage.setItem(ID_KEY, made);
  return made;
}
