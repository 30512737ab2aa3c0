/** Whether a text fits a pattern: `*` is any text, `?` any character. Upper and lower case differ, as in user names. */
export function fitsWildcard(pattern: string, text: string): boolean {
  return pattern === text || (isWildcard(pattern) && expressionOf(pattern).test(text));
}

/** Whether a pattern can fit more than itself. */
export function isWildcard(pattern: string): boolean {
  return /[*?]/.test(pattern);
}

function expressionOf(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${source}$`, 's');
}
