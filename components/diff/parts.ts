/**
 * A stretch of a conversation or a Markdown answer. All parts together are the whole text: nothing is left out, and
 * nothing of it is read as HTML, a link or an image.
 */
export type Part = {
  /** `head` names who speaks next, `fence` begins or ends code, `data` is what a tool was given or gave. */
  kind: 'head' | 'fence' | 'code' | 'data' | 'prose';
  from: number;
  to: number;
  /** What the fence says, for code; who speaks, for heads. */
  name: string;
};

type Line = { from: number; to: number; text: string };

const FENCE = /^[ \t]*(`{3,}|~{3,})[ \t]*([^\s`]*)[^`]*$/;
const HEAD = /^\[([^[\]]{1,80})\]$/;
/** Who writes words; anything else in brackets is a tool, and what follows is data. */
const SPEAKERS =
  /^(system|developer|user|human|assistant|model|ai|reasoning|refusal|summary|answer \d+ of \d+)$/i;

/** Cuts a text where somebody else speaks and where code is fenced. Linear but for fences that never close. */
export function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  const lines = linesOf(text);
  let words: 'prose' | 'data' = 'prose';
  const add = (kind: Part['kind'], from: number, to: number, name = '') => {
    const last = parts.at(-1);
    if (kind === last?.kind && (kind === 'prose' || kind === 'data')) last.to = to;
    else if (to > from) parts.push({ kind, from, to, name });
  };
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] as Line;
    const head = at === 0 || lines[at - 1]?.text === '' ? HEAD.exec(line.text)?.[1] : undefined;
    const code = head === undefined ? codeEnd(lines, at) : null;
    if (head !== undefined) {
      add('head', line.from, line.to, head);
      words = SPEAKERS.test(head) ? 'prose' : 'data';
    } else if (code) {
      const { end, isClosed } = code;
      add('fence', line.from, line.to);
      add('code', line.to, lines[end - 1]?.to ?? line.to, FENCE.exec(line.text)?.[2] ?? '');
      const closing = isClosed ? lines[end] : undefined;
      if (closing) add('fence', closing.from, closing.to);
      at = isClosed ? end : end - 1;
    } else add(words, line.from, line.to);
  }
  return parts;
}

/** Whether a text is more than one piece of prose or code. */
export function isConversation(parts: readonly Part[]): boolean {
  return parts.some(({ kind }) => kind === 'head' || kind === 'code');
}

function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  for (let from = 0; from < text.length; ) {
    const found = text.indexOf('\n', from);
    const to = found === -1 ? text.length : found + 1;
    lines.push({ from, to, text: text.slice(from, to).trimEnd() });
    from = to;
  }
  return lines;
}

/** Where the code of a fence that opens on a line ends: its closing line, else who speaks next, else the end. */
function codeEnd(lines: readonly Line[], at: number): { end: number; isClosed: boolean } | null {
  const open = FENCE.exec(lines[at]?.text ?? '')?.[1];
  if (open === undefined) return null;
  for (let end = at + 1; end < lines.length; end += 1) {
    const text = lines[end]?.text.trim() ?? '';
    if (text.length >= open.length && text === open.charAt(0).repeat(text.length))
      return { end, isClosed: true };
  }
  return { end: nextHead(lines, at + 1), isClosed: false };
}

function nextHead(lines: readonly Line[], from: number): number {
  for (let at = from; at < lines.length; at += 1) {
    if (lines[at - 1]?.text === '' && HEAD.test(lines[at]?.text ?? '')) return at;
  }
  return lines.length;
}
