import { Marked } from 'marked';
import type { Plugin } from 'vite';

/**
 * Turns `page.md?html` into its HTML at build time, so that the dashboard needs no parser of
 * Markdown. Links between runbooks lead to pages of the dashboard. Other documents are named only:
 * the collector does not have them.
 */
export function markdownPages(): Plugin {
  const marked = new Marked({ gfm: true });
  marked.use({
    renderer: {
      link({ href, tokens }) {
        const [text, target] = [this.parser.parseInline(tokens), targetOf(href)];
        if (target !== undefined) return `<a href="${escape(target)}">${text}</a>`;
        return `${text} (<code>docs/${escape(href.replace(/^(\.\.\/)+/, ''))}</code>)`;
      },
      code({ text }) {
        return `<pre tabindex="0"><code>${escape(text)}</code></pre>`;
      },
    },
  });
  return {
    name: 'markdown-pages',
    async transform(code, id) {
      if (!id.endsWith('.md?html')) return undefined;
      const html = await marked.parse(code);
      return { code: `export default ${JSON.stringify(html)};`, map: null };
    },
  };
}

/** The address of a link in a runbook; undefined for another document of the repository. */
function targetOf(href: string): string | undefined {
  if (/^https?:/.test(href)) return href;
  const [, name] = /^(?:\.\/)?([a-z-]+)\.md$/.exec(href) ?? [];
  if (name === undefined) return undefined;
  return name === 'index' ? '/runbooks' : `/runbooks/${name}`;
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
