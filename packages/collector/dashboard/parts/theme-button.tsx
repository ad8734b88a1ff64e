import { useState } from 'react';

const isDark = (): boolean => {
  const { theme } = document.documentElement.dataset;
  return theme ? theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
};

/** Toggles light and dark and remembers the choice. Until then, the system's setting applies. */
export function ThemeButton() {
  const [dark, setDark] = useState(isDark);
  const toggle = (): void => {
    const theme = dark ? 'light' : 'dark';
    document.documentElement.dataset['theme'] = theme;
    try {
      localStorage.setItem('perigee:theme', theme);
    } catch {
      // Storage is blocked: the choice lasts until the page is closed.
    }
    setDark(!dark);
  };
  return (
    <button
      type="button"
      className="button icon-button"
      onClick={toggle}
      aria-label={dark ? 'Use the light theme' : 'Use the dark theme'}
    >
      <svg
        width="18"
        height="18"
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
        aria-hidden="true"
      >
        {dark ? (
          <>
            <circle cx="12" cy="12" r="4.5" />
            <path
              d={
                'M12 2v2.5M12 19.5V22M2 12h2.5M19.5 12H22' +
                'M4.9 4.9l1.8 1.8M17.3 17.3l1.8 1.8M4.9 19.1l1.8-1.8M17.3 6.7l1.8-1.8'
              }
            />
          </>
        ) : (
          <path
            d="M20.5 14.2A8.5 8.5 0 0 1 9.8 3.5a8.5 8.5 0 1 0 10.7 10.7Z"
            strokeLinejoin="round"
          />
        )}
      </svg>
    </button>
  );
}
