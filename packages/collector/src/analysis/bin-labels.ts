/** Labels of numeric bins, for example "< 1.2", "1.2–3.4", "≥ 20". */
export function numericLabels(edges: readonly number[]): string[] {
  const [first, last] = [edges[0], edges.at(-1)];
  if (first === undefined || last === undefined) return ['all'];
  return [
    `< ${short(first)}`,
    ...edges.slice(1).map((edge, i) => `${short(edges[i] ?? edge)}–${short(edge)}`),
    `≥ ${short(last)}`,
  ];
}

/** Four significant digits without trailing zeros. */
function short(value: number): string {
  const text =
    Math.abs(value) >= 1e6 || (value !== 0 && Math.abs(value) < 1e-4)
      ? value.toExponential(2)
      : value.toPrecision(4);
  return text.includes('e') ? text : String(Number(text));
}
