import type { Inserted } from './marks.ts';

/**
 * How lines of code are drawn inside the library's shadow tree: whole lines tinted, `+` and `−` before them, long ones
 * wrapped at spaces under their own indentation. Every colour of the themes keeps 4.5 to 1 on the tints; the comment
 * grey of the light one does not and is darkened.
 */
export const LINE_CSS = `
  [data-line-type=change-addition], [data-line][data-inserted] {
    --diffs-computed-diff-line-bg: light-dark(#dafbe1, #0f2f1c);
    &[data-column-number] {
      --diffs-computed-diff-line-bg: light-dark(#b4f1c4, #19452a);
      color: light-dark(#054d1c, #b9f4c8);
    }
  }
  [data-line-type=change-deletion] {
    --diffs-computed-diff-line-bg: light-dark(#ffe4e1, #3c1618);
    &[data-column-number] {
      --diffs-computed-diff-line-bg: light-dark(#ffc4be, #642429);
      color: light-dark(#82071e, #ffdcd7);
    }
  }
  [data-line] span[style*="#66707b" i] { color: light-dark(#4b535d, var(--diffs-token-dark)); }
  [data-overflow=wrap] [data-line] {
    padding-inline-start: calc(2ch + var(--hang, 2ch));
    text-indent: calc(-1 * var(--hang, 2ch));
    word-break: normal;
    overflow-wrap: anywhere;
  }
  [data-line][data-line-type^=change]::before, [data-line][data-inserted]::before {
    position: absolute;
    inset: 0 auto auto 0;
    width: 2ch;
    font-weight: 700;
    text-align: center;
    text-indent: 0;
    user-select: none;
  }
  [data-line][data-line-type=change-addition]::before, [data-line][data-inserted]::before {
    content: "+";
    color: light-dark(#054d1c, #7ee2a0);
  }
  [data-line][data-line-type=change-deletion]::before { content: "\\2212"; color: light-dark(#82071e, #ffb3ab); }
  @media (forced-colors: active) {
    [data-line-type=change-deletion] > span { text-decoration: line-through; }
  }
`;

/** What wraps goes on two columns further in than its line begins, as long as that leaves room for it. */
const MOST_HANG = 24;
const MOST_WHOLE = 32;

/** Gives lines what the style sheet asks for. The library may draw them anew at any time, and this comes after it. */
export function layLines(root: ShadowRoot, inserted: Inserted | null): void {
  for (const line of root.querySelectorAll<HTMLElement>('[data-line]')) {
    const text = line.textContent ?? '';
    const indent = /^[ \t]*/.exec(text)?.[0].replaceAll('\t', '  ').length ?? 0;
    line.style.setProperty('--hang', `${Math.min(indent + 2, MOST_HANG)}ch`);
    line.toggleAttribute('data-inserted', inserted !== null && isInserted(line, text, inserted));
    // Browsers break a line after any hyphen, also that of an arrow.
    if (text.includes('->')) for (const token of line.querySelectorAll('span')) keepArrow(token);
  }
}

function isInserted(line: HTMLElement, text: string, { from, to }: Inserted): boolean {
  const number = Number(line.dataset.line);
  const length = text.replace(/\n$/, '').length;
  return (
    (number > from.line || (number === from.line && from.column === 0)) &&
    (number < to.line || (number === to.line && to.column === length && length > 0))
  );
}

/** Keeps words with an arrow in them whole, up to a length that leaves the line room to wrap. */
function keepArrow(token: HTMLElement): void {
  const text = token.textContent ?? '';
  if (token.childElementCount > 0 || !text.includes('->')) return;
  const pieces = text.split(/(\s+)/).map((word) => {
    if (!word.includes('->') || word.length > MOST_WHOLE) return word;
    const whole = document.createElement('span');
    whole.style.cssText = 'white-space: nowrap; color: inherit';
    whole.textContent = word;
    return whole;
  });
  token.replaceChildren(...pieces);
}
