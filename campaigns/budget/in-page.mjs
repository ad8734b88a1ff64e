/**
 * @typedef {object} Visit
 * @property {readonly string[]} names
 * @property {boolean} [byUrl] whether to load files instead of models by name
 * @property {number | undefined} memoryBudgetMB
 * @property {number} calls of each kind: in turn, at random, and at once
 * @property {number} seed
 */
/**
 * @typedef {object} Seen
 * @property {readonly string[]} wrong
 * @property {number} answers
 * @property {number} calls
 * @property {number} released
 * @property {number} mostMB most memory of the models by name, by estimate
 * @property {number} seconds
 */

/**
 * Loads every model at once and calls them in turn, at random, and at once. Runs in a page of the
 * lab, so it uses nothing from outside. An answer is wrong if its bits are not those of the model
 * when it is the only one.
 * @param {Visit} visit
 * @returns {Promise<Seen>}
 */
export async function callMany({ names, byUrl, memoryBudgetMB, calls, seed }) {
  /** @type {Pick<typeof import('perigee'), 'createPerigee' | 'loadModel'>} */
  const lab = Reflect.get(globalThis, 'lab');
  const registry = '/budget/';
  const options = /** @type {const} */ ({ backend: 'wasm', update: 'local' });
  /**
   * @param {import('perigee').Model} model
   * @param {number} value
   */
  const answerOf = async ({ signature, run }, value) => {
    const [{ name, shape }] = signature.inputs;
    const sizes = shape.map((size) => (typeof size === 'number' ? size : 1));
    const data = new Float32Array(sizes.reduce((a, b) => a * b, 1)).fill(value / 10);
    const outputs = await run({ [name]: { dtype: 'float32', shape: sizes, data } });
    return Object.values(outputs)
      .flatMap((output) => [...output.data])
      .join();
  };
  /** @type {string[][]} */
  const expected = [];
  const alone = lab.createPerigee({ registry });
  for (const name of names) {
    const model = await alone.load(name, { ...options, update: 'latest' });
    expected.push([await answerOf(model, 1), await answerOf(model, 2)]);
    await model.dispose();
  }
  // The store has every model before the network may go.
  await alone.dispose();

  const perigee = lab.createPerigee({
    registry,
    ...(memoryBudgetMB !== undefined && { memoryBudgetMB }),
  });
  let released = 0;
  perigee.on('released', () => (released += 1));
  let mostMB = 0;
  const end = new AbortController();
  const watching = (async () => {
    while (!end.signal.aborted) {
      const loaded = (await perigee.models()).flatMap((version) => version.loaded);
      const bytes = loaded.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
      mostMB = Math.max(mostMB, bytes / 1024 / 1024);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  const startMs = performance.now();
  const models = await Promise.all(
    names.map((name) =>
      byUrl
        ? lab.loadModel(`/files/${name}.onnx`, { backend: 'wasm' })
        : perigee.load(name, options),
    ),
  );
  /** @type {string[]} */
  const wrong = [];
  let answers = 0;
  /** @param {number} i */
  const ask = async (i) => {
    const value = 1 + (answers % 2);
    const answer = await answerOf(models[i], value);
    answers += 1;
    if (answer !== expected[i][value - 1]) wrong.push(names[i]);
  };
  let state = seed;
  const draw = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * names.length);
  };
  for (let call = 0; call < calls; call += 1) await ask(call % names.length);
  for (let call = 0; call < calls; call += 1) await ask(draw());
  await Promise.all(Array.from({ length: calls }, () => ask(draw())));
  const seconds = (performance.now() - startMs) / 1_000;
  end.abort();
  await watching;
  await Promise.all(models.map((model) => model.dispose()));
  await perigee.dispose();
  return { wrong, answers, calls: 3 * calls, released, mostMB, seconds };
}
