// Fetches expressions, evaluates them and sends the answers (drivers/driven-page.mjs).
const host = `http://127.0.0.1:${new URLSearchParams(location.search).get('work')}/`;

/** @param {string} source */
async function answerTo(source) {
  try {
    const module = new Blob([`export default ${source};`], { type: 'text/javascript' });
    return { value: await (await import(URL.createObjectURL(module))).default };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

/** Resolves to whether the page stays. It is left after the answer was sent. */
async function work() {
  const response = await fetch(host);
  if (response.status !== 200) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    return true;
  }
  const { id, source, leaveFor } = await response.json();
  const answer = await answerTo(source);
  await fetch(`${host}?id=${id}`, { method: 'POST', body: JSON.stringify(answer) });
  if (!leaveFor) return true;
  location.href = leaveFor;
  return false;
}

async function workOn() {
  while (await work());
}

void workOn();
