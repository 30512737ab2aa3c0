/** Markup that needs no escaping any more. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A template whose values are text: they are escaped, unless they are markup themselves. */
export function html(
  parts: TemplateStringsArray,
  ...values: readonly (string | number | Markup | readonly Markup[])[]
): Markup {
  const texts = values.map(rendered);
  return new Markup(parts.map((part, index) => `${part}${texts[index] ?? ''}`).join(''));
}

function rendered(value: string | number | Markup | readonly Markup[]): string {
  if (value instanceof Markup) {
    return value.text;
  }
  return typeof value === 'object'
    ? value.map(({ text }) => text).join('')
    : String(value).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
