/** The style sheet of the open devtools. Every rule is below their own class. */
export const STYLES = `
.perigee-devtools {
  color-scheme: light dark;
  --text: light-dark(#1a1d23, #e8eaed);
  --muted: light-dark(#545b66, #a3abb8);
  --line: light-dark(#d4d8de, #3b4250);
  --back: light-dark(#fff, #171a20);
  --raised: light-dark(#f1f3f6, #232831);
  --accent: light-dark(#1452cc, #8ab4ff);
  position: fixed;
  inset: auto 0 0;
  z-index: 99999;
  display: flex;
  flex-direction: column;
  height: min(60vh, 32rem);
  box-sizing: border-box;
  border-top: 1px solid var(--line);
  font: 13px/1.45 system-ui, sans-serif;
  color: var(--text);
  background: var(--back);
}
.perigee-devtools[data-theme='light'] { color-scheme: light; }
.perigee-devtools[data-theme='dark'] { color-scheme: dark; }
.perigee-devtools * { box-sizing: border-box; }
.perigee-devtools :focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
.perigee-devtools header {
  display: flex;
  flex-wrap: wrap;
  gap: 4px 12px;
  align-items: center;
  padding: 4px 8px;
  border-bottom: 1px solid var(--line);
  background: var(--raised);
}
.perigee-devtools [role='tablist'] { display: flex; flex: 1; }
.perigee-devtools button {
  min-height: 28px;
  padding: 2px 10px;
  border: 1px solid var(--line);
  border-radius: 6px;
  font: inherit;
  color: inherit;
  background: var(--back);
  cursor: pointer;
}
.perigee-devtools button[role='tab'] {
  padding: 2px 8px;
  border-color: transparent;
  white-space: nowrap;
  background: none;
}
.perigee-devtools button[aria-selected='true'] {
  border-color: var(--accent);
  font-weight: 600;
  color: var(--accent);
}
.perigee-devtools [role='tabpanel'] { flex: 1; padding: 8px 12px 16px; overflow: auto; }
.perigee-devtools :is(h2, p, dl, pre) { margin: 6px 0; }
.perigee-devtools h2 { font-size: 14px; font-weight: 600; }
.perigee-devtools :is(small, dt, th) { font-size: 12px; font-weight: 400; color: var(--muted); }
.perigee-devtools [role='status'] { color: var(--muted); }
.perigee-devtools [role='status']:empty { margin: 0; }
.perigee-devtools header > label { margin-left: auto; }
.perigee-devtools [role='alert'] { color: light-dark(#b3261e, #ff9a91); }
.perigee-devtools article {
  margin-bottom: 12px;
  padding: 4px 10px 8px;
  border: 1px solid var(--line);
  border-radius: 8px;
}
.perigee-devtools .actions { display: flex; flex-wrap: wrap; gap: 6px; margin: 6px 0; }
.perigee-devtools .scroll { overflow-x: auto; }
.perigee-devtools table { border-collapse: collapse; }
.perigee-devtools :is(th, td) {
  padding: 3px 14px 3px 0;
  border-bottom: 1px solid var(--line);
  text-align: left;
  vertical-align: top;
}
.perigee-devtools :is(td:not(:last-child), th) { white-space: nowrap; }
.perigee-devtools dl { display: flex; gap: 24px; }
.perigee-devtools dd { margin: 0; font-size: 18px; font-weight: 600; }
.perigee-devtools :is(pre, code) { font: 12px/1.5 ui-monospace, monospace; }
.perigee-devtools pre {
  max-height: 16rem;
  padding: 8px;
  border: 1px solid var(--line);
  border-radius: 6px;
  overflow: auto;
  background: var(--raised);
}
`;
