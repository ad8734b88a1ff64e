/** Interval at which a line is printed without a terminal, with or without news. */
export const EVERY_MS = 10_000;
const TERMINAL_MS = 1_000;

/**
 * Shows what long work is doing, and for how long. On a terminal it is one line that changes.
 * Elsewhere, as in a log file, each report is a line.
 * @param {string} title
 * @param {{ readonly isTTY?: boolean, write(text: string): unknown }} stream
 */
export function progress(title, stream = process.stdout) {
  const start = performance.now();
  let said = '';
  let shownMs = start;

  function show(end = '') {
    shownMs = performance.now();
    const seconds = ((shownMs - start) / 1_000).toFixed(0);
    const line = `• ${title} … ${seconds} s${said && `  ${said}`}`;
    stream.write(stream.isTTY ? `\r\u001b[2K${line}${end}` : `${line}\n`);
  }

  const timer = setInterval(() => {
    if (stream.isTTY || performance.now() - shownMs >= EVERY_MS) show();
  }, TERMINAL_MS);
  // The timer must not keep a process alive whose work has failed.
  timer.unref();
  show();
  return {
    /** @param {string} text */
    say(text) {
      said = text;
      if (stream.isTTY || performance.now() - shownMs >= EVERY_MS) show();
    },
    done() {
      clearInterval(timer);
      said = '';
      show('\n');
    },
  };
}
