import { createRequire } from 'node:module';

/**
 * ast-grep and its grammars, where the process has them: they are native and optional, so a serving layer without
 * them still loads every other kind of rule and says of a code shape that it cannot.
 */
interface Shape {
  rule: { pattern: { context: string; strictness: 'relaxed' } };
}
interface Node {
  findAll(shape: Shape): Node[];
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
  // Not an import: bundlers would try to take native files in, and a missing package must not be an error.
  const require = createRequire(import.meta.url);
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
