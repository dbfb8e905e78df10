/**
 * ast-grep and its grammars, where the process has them: they are native and optional, so a serving layer without
 * them still loads every other kind of rule and says of a code shape that it cannot.
 */
interface Node {
  findAll(matcher: string | { rule: { any: { kind: string }[] } }): Node[];
  range(): { start: { index: number }; end: { index: number } };
}
interface AstGrep {
  parse(language: string, text: string): { root(): Node };
  registerDynamicLanguage(languages: Record<string, unknown>): void;
}

/** What operators call a language → what its grammar is called. */
const GRAMMARS: Readonly<Record<string, string>> = {
  python: 'python',
  py: 'python',
  python3: 'python',
  javascript: 'Tsx',
  js: 'Tsx',
  jsx: 'Tsx',
  mjs: 'Tsx',
  cjs: 'Tsx',
  javascriptreact: 'Tsx',
  tsx: 'Tsx',
  typescriptreact: 'Tsx',
  typescript: 'TypeScript',
  ts: 'TypeScript',
  html: 'Html',
  css: 'Css',
  go: 'go',
  golang: 'go',
  java: 'java',
  c: 'c',
  rust: 'rust',
  rs: 'rust',
};

/** Grammars that are packages of their own; the others are part of ast-grep. */
const PACKAGED = ['python', 'go', 'java', 'c', 'rust'] as const;

/** What each grammar calls a comment. */
const COMMENTS: Readonly<Record<string, readonly string[]>> = {
  java: ['line_comment', 'block_comment'],
  rust: ['line_comment', 'block_comment'],
};

/** The code with blanks for its comments, at the same offsets, so that a comment cannot stand in the way of a shape. */
export function withoutComments(parser: AstGrep, grammar: string, code: string): Node {
  const root = parser.parse(grammar, code).root();
  const kinds = COMMENTS[grammar] ?? ['comment'];
  const comments = root.findAll({ rule: { any: kinds.map((kind) => ({ kind })) } });
  if (comments.length === 0) return root;
  const out: string[] = [];
  let at = 0;
  for (const comment of comments) {
    const { start, end } = comment.range();
    if (start.index < at) continue;
    out.push(code.slice(at, start.index), code.slice(start.index, end.index).replace(/[^\n\r]/g, ' '));
    at = end.index;
  }
  return parser.parse(grammar, out.join('') + code.slice(at)).root();
}

/** The languages a code shape may be written in, by their first names. */
export const SHAPE_LANGUAGES = [
  'python',
  'javascript',
  'typescript',
  'go',
  'java',
  'c',
  'rust',
  'html',
  'css',
];

/** The grammar of a language by any of its names; null when there is none. */
export function grammarOf(language: string | null | undefined): string | null {
  return (language && GRAMMARS[language.trim().toLowerCase()]) || null;
}

let loaded: AstGrep | null | undefined;

/** ast-grep with every grammar that is installed, null where it is not. Loaded once, when first asked for. */
export function astGrep(): AstGrep | null {
  if (loaded !== undefined) return loaded;
  // Not imports: bundlers would try to take native files in, pages share this module, and a missing package must not
  // be an error. In a browser there is nothing to load.
  const loader = globalThis.process?.getBuiltinModule?.('node:module');
  if (!loader) {
    loaded = null;
    return null;
  }
  const require = loader.createRequire(import.meta.url);
  const optional = (name: string): unknown => {
    try {
      return require(name);
    } catch {
      return undefined;
    }
  };
  const napi = optional('@ast-grep/napi') as AstGrep | undefined;
  if (napi) {
    const grammars = PACKAGED.map((name) => [name, optional(`@ast-grep/lang-${name}`)] as const);
    napi.registerDynamicLanguage(Object.fromEntries(grammars.filter(([, grammar]) => grammar)));
  }
  loaded = napi ?? null;
  return loaded;
}
