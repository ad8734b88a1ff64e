import { useEffect, useRef } from 'react';
import type { ReactNode } from 'react';

/** Link before the header that takes keyboard users past it. */
export function SkipLink() {
  // Not a link to #main: pages may route by the hash.
  return (
    <button type="button" className="skip" onClick={() => document.getElementById('main')?.focus()}>
      Skip to content
    </button>
  );
}

/**
 * The main part of a page. Gets the focus when `path` changes, so that users who do not see the
 * change hear of it.
 */
export function MainContent({
  path,
  children,
}: {
  readonly path: string;
  readonly children: ReactNode;
}) {
  const main = useRef<HTMLElement>(null);
  const shown = useRef(path);
  useEffect(() => {
    if (shown.current !== path) main.current?.focus({ preventScroll: true });
    shown.current = path;
  }, [path]);
  return (
    <main id="main" ref={main} tabIndex={-1}>
      {children}
    </main>
  );
}
