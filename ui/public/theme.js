// Runs before the first paint, so that a chosen theme does not flash.
try {
  const theme = localStorage.getItem('perigee:theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is blocked: use the system's theme.
}
