/**
 * Control characters, line and paragraph separators, and the marks that turn the direction of text: whoever chooses a
 * process's name must not be able to forge, hide or colour a line.
 */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u061C\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF]|\p{Cs}/gu;

/** Text that can stand in one line: what is unprintable is written as an escape. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/**
 * The same for a value in a `Key=value, Key=value` line, so that a name can't add a key of its own. Backslashes before a
 * comma, or at the end, are doubled: they would otherwise undo the escape, or escape the comma that follows the value.
 */
export function printableField(text: string): string {
  return printable(text.replace(/\\+(?=,|$)/g, '$&$&')).replaceAll(',', '\\,');
}
