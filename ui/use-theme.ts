import { useSyncExternalStore } from 'react';

type Theme = 'light' | 'dark';

/** The key is also read by theme.js, which runs before the first paint. */
const KEY = 'perigee:theme';

/** The current theme of the page: the user's choice, or the system's setting. */
export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, read);
}

/** Changes the theme of the page and remembers it for the next visit. */
export function chooseTheme(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Storage is blocked: the choice lasts until the page is closed.
  }
}

function read(): Theme {
  const { theme } = document.documentElement.dataset;
  return theme === 'dark' || (!theme && matchMedia('(prefers-color-scheme: dark)').matches)
    ? 'dark'
    : 'light';
}

function subscribe(notify: () => void): () => void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const chosen = new MutationObserver(notify);
  system.addEventListener('change', notify);
  chosen.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  return () => {
    system.removeEventListener('change', notify);
    chosen.disconnect();
  };
}
