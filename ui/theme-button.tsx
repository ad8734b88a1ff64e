import { chooseTheme, useTheme } from './use-theme.ts';

/** Toggles light and dark and remembers the choice. Until then, the system's setting applies. */
export function ThemeButton() {
  const isDark = useTheme() === 'dark';
  return (
    <button
      type="button"
      className="button icon-button"
      onClick={() => chooseTheme(isDark ? 'light' : 'dark')}
      aria-label={isDark ? 'Use the light theme' : 'Use the dark theme'}
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
        {isDark ? <Sun /> : <Moon />}
      </svg>
    </button>
  );
}

function Sun() {
  return (
    <>
      <circle cx="12" cy="12" r="4.5" />
      <path
        d={
          'M12 2v2.5M12 19.5V22M2 12h2.5M19.5 12H22' +
          'M4.9 4.9l1.8 1.8M17.3 17.3l1.8 1.8M4.9 19.1l1.8-1.8M17.3 6.7l1.8-1.8'
        }
      />
    </>
  );
}

function Moon() {
  return (
    <path d="M20.5 14.2A8.5 8.5 0 0 1 9.8 3.5a8.5 8.5 0 1 0 10.7 10.7Z" strokeLinejoin="round" />
  );
}
