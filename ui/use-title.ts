import { useEffect } from 'react';

/** Sets the document title, which the browser shows in tabs, history and bookmarks. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Perigee`;
  }, [title]);
}
