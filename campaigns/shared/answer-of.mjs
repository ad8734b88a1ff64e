/**
 * The version of a model and its answer to a fixed input, rounded so that backends agree.
 * @param {Pick<import('perigee').Model, 'version' | 'signature' | 'run'>} model
 */
export async function answerOf(model) {
  const [input] = model.signature.inputs;
  if (!input) throw new Error('The model has no input.');
  const shape = input.shape.map((size) => (typeof size === 'number' ? size : 1));
  const length = shape.reduce((product, size) => product * size, 1);
  const data = Float32Array.from({ length }, (_, i) => ((i * 7) % 16) / 16);
  const outputs = await model.run({ [input.name]: { dtype: 'float32', shape, data } });
  const [output] = Object.values(outputs);
  const values = Array.from(/** @type {ArrayLike<unknown>} */ (output?.data ?? []));
  const scores = values.map((value) => Number(Number(value).toPrecision(4)));
  return { version: model.version, scores };
}
