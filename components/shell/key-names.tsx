type Press = { key: string; code: string; shiftKey: boolean };

/**
 * What a key press is called here: `h`, `Enter`, `]`, `Shift+1`. Digits go by their place on the keyboard, so that
 * they need no Shift where a layout writes symbols there; letters by what they write, or by their place where the
 * layout writes no Latin letters.
 */
export function keyName({ key, code, shiftKey }: Press): string {
  const digit = /^(?:Digit|Numpad)([0-9])$/.exec(code)?.[1];
  // With NumLock off the numeric pad sends arrows.
  if (digit && (code.startsWith('Digit') || key === digit)) return shiftKey ? `Shift+${digit}` : digit;
  if (/^\p{L}$/u.test(key) && key > '\u007f') {
    const letter = /^Key([A-Z])$/.exec(code)?.[1];
    if (letter) return shiftKey ? letter : letter.toLowerCase();
  }
  return key;
}

const MODIFIERS = new Set(['Shift', 'Control', 'Alt', 'Meta', 'AltGraph', 'CapsLock', 'Dead', 'Process']);

/** Keys that cannot be given to an act: the browser's, the reader's, or no key by themselves. */
const RESERVED = new Set(['Tab', 'Escape', 'Unidentified', '?', ' ']);

export function isBindable(name: string): boolean {
  return !MODIFIERS.has(name) && !RESERVED.has(name) && !/^F\d+$/.test(name);
}

/** Such as a reader sees it on the key: `Shift+1` is ⇧ 1. */
export function keyCaps(keys: string): string[] {
  return keys
    .split(' ')
    .flatMap((key) => (key.startsWith('Shift+') ? ['⇧', key.slice(6)] : [CAPS[key] ?? key]));
}

const CAPS: Record<string, string> = {
  Enter: '⏎',
  ArrowDown: '↓',
  ArrowUp: '↑',
  ArrowLeft: '←',
  ArrowRight: '→',
};
