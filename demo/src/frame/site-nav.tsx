import { useEffect, useRef, useState } from 'react';
import type { FocusEvent, KeyboardEvent } from 'react';
import { Link } from 'wouter';
import { collectorUrl } from '../collector.ts';
import { GROUPS } from '../pages.tsx';

/** Links to all pages, in groups: in one line where they fit, else behind a button. */
export function SiteNav({ current }: { readonly current: string }) {
  const [isOpen, setIsOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => setIsOpen(false), [current]);

  function closeByKey({ key }: KeyboardEvent): void {
    if (key !== 'Escape' || !isOpen) return;
    setIsOpen(false);
    button.current?.focus();
  }

  function closeWhenLeft({ currentTarget, relatedTarget }: FocusEvent): void {
    if (!currentTarget.contains(relatedTarget)) setIsOpen(false);
  }

  return (
    <div className="site-nav" onKeyDown={closeByKey} onBlur={closeWhenLeft}>
      <button
        ref={button}
        type="button"
        className="button menu-button"
        aria-expanded={isOpen}
        aria-controls="pages"
        onClick={() => setIsOpen(!isOpen)}
      >
        <MenuIcon /> Menu
      </button>
      <nav id="pages" className={isOpen ? 'pages open' : 'pages'} aria-label="Pages">
        {GROUPS.map(({ name, pages }) => (
          <div key={name} role="group" aria-label={name} className="page-group">
            <span className="page-group-name" aria-hidden="true">
              {name}
            </span>
            {pages.map(({ path, label }) => (
              <Link key={path} href={path} aria-current={current === path ? 'page' : undefined}>
                {label}
              </Link>
            ))}
          </div>
        ))}
        {collectorUrl && (
          <div role="group" aria-label="Collector" className="page-group">
            <a href={collectorUrl} target="_blank" rel="noreferrer">
              Dashboard ↗
            </a>
          </div>
        )}
      </nav>
    </div>
  );
}

function MenuIcon() {
  return (
    <svg
      width="16"
      height="16"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
      aria-hidden="true"
    >
      <path d="M2 4h12M2 8h12M2 12h12" />
    </svg>
  );
}
