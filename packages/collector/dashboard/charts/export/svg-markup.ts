/** Characters that XML 1.0 does not allow (https://www.w3.org/TR/xml/#charsets). */
// oxlint-disable-next-line no-control-regex
const NOT_ALLOWED = /[\0-\x08\v\f\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/gu;

/** Escapes text for SVG: names of models and features come from outside. */
export function escapeXml(text: string): string {
  return text
    .replaceAll(NOT_ALLOWED, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** An element with its attributes. `content` is markup. */
export function tag(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  content = '',
): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escapeXml(numberText(value))}"`)
    .join('');
  return `<${name}${written}${content === '' ? '/>' : `>${content}</${name}>`}`;
}

export function textTag(
  text: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
): string {
  return tag('text', attributes, escapeXml(text));
}

/** A hundredth of a pixel is enough for a position. */
function numberText(value: string | number | undefined): string {
  return typeof value === 'number' ? String(Math.round(value * 100) / 100) : (value ?? '');
}
