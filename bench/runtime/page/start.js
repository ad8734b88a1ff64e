// start.html?side=worker&model=mlp: time from navigation to the first answer of one side. The clock
// of the page starts with the navigation.
const scriptMs = performance.now();
const query = new URLSearchParams(location.search);

async function firstAnswer() {
  const [{ openSide }, { makeFeeds, modelNamed }] = await Promise.all([
    import('./sides/index.js'),
    import('../../models/catalog.mjs'),
  ]);
  const model = modelNamed(query.get('model'));
  const file = query.get('file') ?? model.name;
  const { openMs, answerMs, timing } = await openSide(
    query.get('side'),
    {
      name: file,
      url: `/models/${file}.onnx`,
      beside: model.beside,
      threads: 1,
      output: model.output,
    },
    makeFeeds(model),
  );
  return { scriptMs, openMs, answerMs, timing };
}

globalThis.answered = firstAnswer().then(
  (ms) => ({ ms }),
  (error) => ({ error: String(error?.stack ?? error) }),
);
document.title = 'ready';
