/** Whether a name fits one of the patterns: `*` is any text, `?` any character. Upper and lower case differ, as in user names. */
export function fitsAny(patterns: readonly string[], name: string): boolean {
  return patterns.some(
    (pattern) => pattern === name || (isWildcard(pattern) && expressionOf(pattern).test(name)),
  );
}

export function isWildcard(pattern: string): boolean {
  return /[*?]/.test(pattern);
}

/** Whether it is the number of a user or of a group, and no name. */
export function isId(pattern: string): boolean {
  return /^\d+$/.test(pattern);
}

function expressionOf(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${source}$`, 's');
}
