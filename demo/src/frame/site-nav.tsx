import { useEffect, useRef, useState } from 'react';
import type { FocusEvent, KeyboardEvent, ReactNode } from 'react';
import { Link } from 'wouter';
import { collectorUrl } from '../collector.ts';
import { GROUPS, pageAt } from '../pages.tsx';
import type { PageGroup } from '../pages.tsx';

/** The name of the open group, or ALL. */
type Open = string | null;
const ALL = '*';

/**
 * Links to all pages: a button opens those of its group. On a narrow page one button opens all.
 */
export function SiteNav({ current }: { readonly current: string }) {
  const [open, setOpen] = useState<Open>(null);
  const opener = useRef<HTMLElement>(null);
  useEffect(() => setOpen(null), [current]);

  function toggle(name: string, button: HTMLElement): void {
    opener.current = button;
    setOpen(open === name ? null : name);
  }

  function closeByKey({ key }: KeyboardEvent): void {
    if (key !== 'Escape' || open === null) return;
    setOpen(null);
    opener.current?.focus();
  }

  function closeWhenLeft({ currentTarget, relatedTarget }: FocusEvent): void {
    if (!currentTarget.contains(relatedTarget)) setOpen(null);
  }

  return (
    <div className="site-nav" onKeyDown={closeByKey} onBlur={closeWhenLeft}>
      <button
        type="button"
        className="button menu-button"
        aria-expanded={open === ALL}
        aria-controls="pages"
        onClick={({ currentTarget }) => toggle(ALL, currentTarget)}
      >
        <Icon path="M2 4h12M2 8h12M2 12h12" /> Menu
      </button>
      <nav id="pages" className={open === ALL ? 'pages open' : 'pages'} aria-label="Pages">
        {GROUPS.map((group) => (
          <Group
            key={group.name}
            group={group}
            current={current}
            isOpen={open === group.name}
            onToggle={toggle}
          />
        ))}
        {collectorUrl && (
          <a href={collectorUrl} target="_blank" rel="noreferrer" className="dashboard-link">
            Dashboard ↗
          </a>
        )}
      </nav>
    </div>
  );
}

/** A group of one page is its link. */
function Group({
  group: { name, pages },
  current,
  isOpen,
  onToggle,
}: {
  readonly group: PageGroup;
  readonly current: string;
  readonly isOpen: boolean;
  readonly onToggle: (name: string, button: HTMLElement) => void;
}) {
  const here = pageAt(current)?.path;
  const links = pages.map(({ path, label }): ReactNode => (
    <Link key={path} href={path} aria-current={here === path ? 'page' : undefined}>
      {label}
    </Link>
  ));
  if (links.length === 1) return links;
  const isHere = pages.some(({ path }) => here === path);
  const id = `pages-${pages[0]?.path.slice(1)}`;
  return (
    <div className="page-group">
      <button
        type="button"
        className={isHere ? 'group-button current' : 'group-button'}
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={({ currentTarget }) => onToggle(name, currentTarget)}
      >
        {name} <Icon path="M4 6l4 4 4-4" />
      </button>
      <span className="group-name" aria-hidden="true">
        {name}
      </span>
      <div
        id={id}
        role="group"
        aria-label={name}
        className={isOpen ? 'page-links open' : 'page-links'}
      >
        {links}
      </div>
    </div>
  );
}

function Icon({ path }: { readonly path: string }) {
  return (
    <svg
      width="16"
      height="16"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={path} />
    </svg>
  );
}
