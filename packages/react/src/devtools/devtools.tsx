import { lazy, Suspense, useRef, useState } from 'react';
import type { CSSProperties, ReactElement } from 'react';
import type { OfflineSwitch } from './offline-switch.ts';

/** Props of `<PerigeeDevtools>`. */
export interface DevtoolsProps {
  /** Whether the devtools are open at first. Default false. */
  readonly initialIsOpen?: boolean;
  /** The side of the button. Default `bottom-right`. */
  readonly buttonPosition?: 'bottom-left' | 'bottom-right';
  /** Default `system`: as the device is set. */
  readonly theme?: 'light' | 'dark' | 'system';
  /** The nonce of the style sheet, for a page with a Content Security Policy. */
  readonly styleNonce?: string;
  /** The result of `createOfflineSwitch()`. */
  readonly offline?: OfflineSwitch | undefined;
}

const Panel = lazy(() => import('./panel.tsx'));

/** The button of the devtools, and the devtools while they are open. */
export function PerigeeDevtools(props: DevtoolsProps): ReactElement | null {
  const [isOpen, setOpen] = useState(props.initialIsOpen ?? false);
  const button = useRef<HTMLButtonElement>(null);
  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        aria-expanded={isOpen}
        aria-label={isOpen ? 'Close Perigee devtools' : 'Open Perigee devtools'}
        style={buttonStyle(props)}
        onClick={() => setOpen(!isOpen)}
      >
        Perigee
      </button>
      {isOpen && (
        <Suspense fallback={null}>
          <Panel {...props} onClose={close} />
        </Suspense>
      )}
    </>
  );
}

/** The button needs no style sheet, which comes with the panel. */
function buttonStyle({ buttonPosition, theme }: DevtoolsProps): CSSProperties {
  return {
    position: 'fixed',
    bottom: 12,
    [buttonPosition === 'bottom-left' ? 'left' : 'right']: 12,
    zIndex: 99_998,
    padding: '6px 12px',
    border: '1px solid GrayText',
    borderRadius: 999,
    font: '600 13px/1.4 system-ui, sans-serif',
    color: 'CanvasText',
    background: 'Canvas',
    colorScheme: theme === 'light' || theme === 'dark' ? theme : 'light dark',
    cursor: 'pointer',
  };
}
