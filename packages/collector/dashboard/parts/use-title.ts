import { useEffect } from 'react';

/** What the browser's tab, history and bookmarks call this page. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Perigee`;
  }, [title]);
}
