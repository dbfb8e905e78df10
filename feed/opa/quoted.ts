/** `text` as a pattern that matches exactly it, in RE2's syntax. */
export function quoted(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}
