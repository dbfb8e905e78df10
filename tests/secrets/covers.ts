const MASK = '••••••••';

/** Whether a text is shown as it is but for masks, each in the place of at least one character. */
export function coversOnly(shown: string, text: string): boolean {
  const [first = '', ...rest] = shown.split(MASK);
  if (!text.startsWith(first)) return false;
  const last = rest.pop();
  if (last === undefined) return shown === text;
  let at = first.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, at + 1);
    if (found === -1) return false;
    at = found + piece.length;
  }
  return text.endsWith(last) && at < text.length - last.length;
}
