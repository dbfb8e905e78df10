import type { Span, SubjectMatcher } from './match.ts';
import { astGrep, grammarOf, SHAPE_LANGUAGES, withoutComments } from './parsers.ts';

/**
 * Code shapes: patterns of ast-grep such as `subprocess.run($CMD, shell=True)`, matched on the syntax tree, so that
 * layout, comments and names in between make no difference. Dear (about 0.3 ms per 2 KB), so only run where the
 * words that the shape requires are present.
 */

/** UTF-16 units that are parsed at once; a longer text is parsed in pieces that overlap. */
const PIECE = 65_536;
const OVERLAP = 4_096;
const WORD = 3;

/**
 * Words that code of this shape must contain, each of them. Everything in a pattern must be in the code as it stands
 * but metavariables (`$A`, `$$$ARGS`).
 */
export function shapeWords(pattern: string): string[] {
  const plain = pattern.replace(/\$+[A-Z_0-9]*/g, ' ');
  return [...new Set(plain.match(/[A-Za-z0-9_]{3,}/g) ?? [])].filter((word) => word.length >= WORD);
}

/** Why the shape cannot run in this process, as one plain sentence; null when it can. */
export function shapeProblem(pattern: string, language: string): string | null {
  const grammar = grammarOf(language);
  if (grammar === null) {
    return `There is no parser for ${language}; a code shape may be in ${SHAPE_LANGUAGES.join(', ')}.`;
  }
  if (shapeWords(pattern).length === 0) {
    return 'The code shape needs at least one word of three letters that is not a metavariable.';
  }
  const parser = astGrep();
  if (!parser) return 'Code shapes need ast-grep (@ast-grep/napi), which is not installed here.';
  try {
    parser.parse(grammar, '').root().findAll(pattern);
    return null;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    return `The code shape cannot be parsed as ${language}: ${reason}.`;
  }
}

/** Where code of the pattern's language may stand in a text: all of it, or its fenced blocks in a chat answer. */
function* codeIn(text: string, language: string | undefined, grammar: string): Generator<[string, number]> {
  const own = grammarOf(language);
  if (own !== null) {
    // JavaScript is read with the grammar of TSX: what is a shape in one is one in the other.
    if (own === grammar || (isScript(own) && isScript(grammar))) yield [text, 0];
    return;
  }
  let blocks = 0;
  let start = -1;
  let wanted = false;
  let at = 0;
  while (at < text.length) {
    const newline = text.indexOf('\n', at);
    const end = newline === -1 ? text.length : newline + 1;
    const fence = /^[ \t]{0,3}(?:```+|~~~+)[ \t]*([\w+#-]{0,20})/.exec(
      text.slice(at, Math.min(end, at + 80)),
    );
    if (fence) {
      if (start === -1) {
        const tagged = grammarOf(fence[1]);
        wanted = !fence[1] || tagged === grammar || (isScript(tagged) && isScript(grammar));
        start = end;
      } else {
        blocks++;
        if (wanted) yield [text.slice(start, at), start];
        start = -1;
      }
    }
    at = end;
  }
  if (start !== -1 && wanted) yield [text.slice(start), start];
  // No fence at all: what is not said to be another language may be this one.
  if (blocks === 0 && start === -1) yield [text, 0];
}

const isScript = (grammar: string | null) => grammar === 'Tsx' || grammar === 'TypeScript';

function* piecesOf(code: string, offset: number): Generator<[string, number]> {
  for (let at = 0; ; at += PIECE - OVERLAP) {
    yield [code.slice(at, at + PIECE), offset + at];
    if (at + PIECE >= code.length) return;
  }
}

/** Finds code of the shape. Throws a plain `Error` for a pattern that `shapeProblem` refuses. */
export function shapeMatcher(pattern: string, language: string): SubjectMatcher {
  const problem = shapeProblem(pattern, language);
  if (problem !== null) throw new Error(problem);
  const grammar = grammarOf(language) ?? '';
  const parser = astGrep();
  const words = shapeWords(pattern);
  return (subject, limit = Number.POSITIVE_INFINITY) => {
    if (!parser || !words.every((word) => subject.text.includes(word))) return [];
    const spans = new Map<string, Span>();
    for (const [code, offset] of codeIn(subject.text, subject.language, grammar)) {
      for (const [piece, from] of piecesOf(code, offset)) {
        for (const node of withoutComments(parser, grammar, piece).findAll(pattern)) {
          const { start, end } = node.range();
          const span = { start: from + start.index, end: from + end.index };
          if (span.end > span.start) spans.set(`${span.start}-${span.end}`, span);
          if (spans.size >= limit && limit === 1) return [...spans.values()];
        }
      }
    }
    return [...spans.values()].sort((a, b) => a.start - b.start || a.end - b.end).slice(0, limit);
  };
}
