/** A line that changes on a terminal; elsewhere one line when the work is done. */
export function progress(title) {
  const start = performance.now();
  const seconds = () => `${((performance.now() - start) / 1000).toFixed(0)} s`;
  const show = (text) => {
    if (process.stdout.isTTY) process.stdout.write(`\r\u001b[2K• ${title} … ${text}`);
  };
  show('');
  return {
    say: (what) => show(`${seconds()}  ${what}`),
    done: () => console.log(`${process.stdout.isTTY ? '\r\u001b[2K' : ''}• ${title} … ${seconds()}`),
  };
}
