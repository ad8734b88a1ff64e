import { useSyncExternalStore } from 'react';

/** The current theme of the page. Canvas charts are redrawn when it changes. */
export function useTheme(): 'light' | 'dark' {
  return useSyncExternalStore(subscribe, read);
}

function read(): 'light' | 'dark' {
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
