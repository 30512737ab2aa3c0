/** Whether a text fits a pattern: `*` is any text, `?` any character. Upper and lower case differ. */
export function fits(pattern: string, text: string): boolean {
  return pattern === text || (/[*?]/.test(pattern) && expressionOf(pattern).test(text));
}

function expressionOf(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${source}$`, 's');
}
