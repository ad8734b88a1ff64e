import { useLayoutEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { KeyboardEvent, ReactElement } from 'react';
import { AuditLog } from './audit-log.tsx';
import type { DevtoolsProps } from './devtools.tsx';
import { Models } from './models.tsx';
import type { OfflineSwitch } from './offline-switch.ts';
import { Storage } from './storage.tsx';
import { STYLES } from './styles.ts';
import { Telemetry } from './telemetry.tsx';

const TABS = [
  ['models', 'Models', Models],
  ['storage', 'Storage', Storage],
  ['telemetry', 'Telemetry', Telemetry],
  ['audit', 'Audit log', AuditLog],
] as const;

type Tab = (typeof TABS)[number][0];

interface Props extends DevtoolsProps {
  readonly onClose: () => void;
}

/** The open devtools: one tab for each subject. Escape closes them. */
export default function Panel({ theme, styleNonce, offline, onClose }: Props): ReactElement {
  const [tab, setTab] = useState<Tab>('models');
  const panel = useRef<HTMLElement>(null);
  // Before the browser paints: the first key already reaches the devtools.
  useLayoutEffect(() => panel.current?.focus(), []);
  return (
    <section
      ref={panel}
      className="perigee-devtools"
      data-theme={theme}
      aria-label="Perigee devtools"
      tabIndex={-1}
      onKeyDown={({ key }) => key === 'Escape' && onClose()}
    >
      <style nonce={styleNonce}>{STYLES}</style>
      <header>
        <Tabs tab={tab} onChoose={setTab} />
        <Offline offline={offline} />
        <button type="button" aria-label="Close" onClick={onClose}>
          ✕
        </button>
      </header>
      {TABS.map(
        ([id, , View]) =>
          id === tab && (
            <div
              key={id}
              id={`perigee-${id}`}
              role="tabpanel"
              aria-labelledby={`perigee-tab-${id}`}
            >
              <View />
            </div>
          ),
      )}
    </section>
  );
}

interface TabsProps {
  readonly tab: Tab;
  readonly onChoose: (tab: Tab) => void;
}

/** The tab key reaches the chosen tab. The arrow keys go to the others, as ARIA's pattern says. */
function Tabs({ tab, onChoose }: TabsProps): ReactElement {
  const list = useRef<HTMLDivElement>(null);
  const move = ({ key }: KeyboardEvent): void => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (!step) return;
    const index = TABS.findIndex(([id]) => id === tab) + step;
    const next = TABS.at(index % TABS.length);
    if (!next) return;
    onChoose(next[0]);
    list.current?.querySelector<HTMLElement>(`#perigee-tab-${next[0]}`)?.focus();
  };
  return (
    <div ref={list} role="tablist" aria-label="Subjects" onKeyDown={move}>
      {TABS.map(([id, label]) => (
        <button
          key={id}
          id={`perigee-tab-${id}`}
          type="button"
          role="tab"
          aria-selected={id === tab}
          aria-controls={id === tab ? `perigee-${id}` : undefined}
          tabIndex={id === tab ? 0 : -1}
          onClick={() => onChoose(id)}
        >
          {label}
        </button>
      ))}
    </div>
  );
}

const NO_SWITCH: Pick<OfflineSwitch, 'subscribe' | 'isOffline'> = {
  subscribe: () => () => undefined,
  isOffline: () => false,
};

/** Cuts the registry off, if the app gave a switch for it. */
function Offline({ offline }: Pick<DevtoolsProps, 'offline'>): ReactElement {
  const { subscribe, isOffline } = offline ?? NO_SWITCH;
  const isCut = useSyncExternalStore(subscribe, isOffline, isOffline);
  const hint = offline
    ? 'The registry cannot be reached while this is on.'
    : 'Give createOfflineSwitch() to createPerigee() and to the devtools to use this.';
  return (
    <label title={hint}>
      <input
        type="checkbox"
        disabled={!offline}
        checked={isCut}
        onChange={(event) => offline?.set(event.target.checked)}
      />{' '}
      Offline
    </label>
  );
}
