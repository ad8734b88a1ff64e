import { useEffect, useRef, useState } from 'react';
import { navigate } from 'wouter/use-browser-location';
import { modelPath } from '../../address.ts';
import { sharedAccess } from '../share/access.ts';
import { areOn, listen, turnOn } from './shortcuts.ts';
import type { Shortcut } from './shortcuts.ts';

const PAGES = [
  { key: 'o', to: '/', name: 'the overview' },
  { key: 'a', to: '/alerts', name: 'the alerts' },
  { key: 'u', to: '/audit', name: 'the audit' },
  { key: 'l', to: '/links', name: 'the share links' },
  { key: 'r', to: '/runbooks', name: 'the runbooks' },
] as const;
const SECTIONS = [
  { key: 'd', id: 'drift' },
  { key: 'q', id: 'quality' },
  { key: 'p', id: 'performance' },
  { key: 'v', id: 'releases' },
  { key: 't', id: 'latency' },
] as const;

/** Listens to the shortcuts, and shows their list in a dialog. */
export function Shortcuts({ path }: { readonly path: string }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [isOn, setIsOn] = useState(areOn);
  const shortcuts = shortcutsOf(path, () => dialog.current?.showModal());
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  useEffect(() => listen(() => latest.current), []);
  return (
    <>
      <button
        type="button"
        className="quiet"
        aria-haspopup="dialog"
        onClick={() => dialog.current?.showModal()}
      >
        Keyboard shortcuts
      </button>
      <dialog ref={dialog} className="card" aria-labelledby="shortcuts-title">
        <div className="stack tight">
          <div className="row">
            <h2 id="shortcuts-title">Keyboard shortcuts</h2>
            <span className="spacer" />
            <button type="button" className="button" onClick={() => dialog.current?.close()}>
              Close
            </button>
          </div>
          <dl className="shortcuts">
            {shortcuts.map(({ keys, does }) => (
              <div key={keys.join(' ')}>
                <dt>
                  {keys.map((key) => (
                    <kbd key={key}>{key}</kbd>
                  ))}
                </dt>
                <dd>{does}</dd>
              </div>
            ))}
          </dl>
          <label className="row small">
            <input
              type="checkbox"
              checked={isOn}
              onChange={({ target }) => {
                turnOn(target.checked);
                setIsOn(target.checked);
              }}
            />
            Shortcuts are on in this browser
          </label>
        </div>
      </dialog>
    </>
  );
}

function shortcutsOf(path: string, showList: () => void): readonly Shortcut[] {
  const go = (key: string, to: () => string, name: string): Shortcut => ({
    keys: ['g', key],
    does: `Go to ${name}`,
    run: () => navigate(to()),
  });
  const model = /^\/models\/([^/]+)/.exec(path)?.[1];
  const pages = sharedAccess() ? [] : PAGES.map(({ key, to, name }) => go(key, () => to, name));
  const sections =
    model === undefined
      ? []
      : SECTIONS.map(({ key, id }) =>
          // Filters may have changed since this was made.
          go(key, () => modelPath(decodeURIComponent(model), id) + location.search, id),
        );
  return [
    { keys: ['?'], does: 'Show this list', run: showList },
    { keys: ['/'], does: 'Go to the filter of the page', run: focusFilter },
    { keys: ['j'], does: 'Next alert in a list', run: () => focusAlert(1) },
    { keys: ['k'], does: 'Previous alert in a list', run: () => focusAlert(-1) },
    ...pages,
    ...sections,
  ];
}

function focusFilter(): void {
  document.querySelector<HTMLElement>('.filters :is(input, select)')?.focus();
}

/** Alerts in lists are marked with data-alert. */
function focusAlert(step: 1 | -1): void {
  const alerts = [...document.querySelectorAll<HTMLElement>('a[data-alert]')];
  const at = alerts.findIndex((alert) => alert === document.activeElement);
  const next = at === -1 ? (step === 1 ? 0 : alerts.length - 1) : at + step;
  alerts[next]?.focus();
}
