/** How a language's text is cut up; what no entry names is read like C. */
export type Lexicon = {
  comments: readonly ('hash' | 'slash' | 'block' | 'dash' | 'semicolon' | 'markup')[];
  /** `code` names its things; `config` has keys that are its vocabulary; `shell` has commands that are. */
  kind: 'code' | 'config' | 'shell' | 'prose';
  /** A single quote opens one character or a lifetime, never a string. */
  lifetimes?: true;
};

const C_LIKE: Lexicon = { comments: ['slash', 'block'], kind: 'code' };
const HASHED: Lexicon = { comments: ['hash'], kind: 'code' };
const SHELL: Lexicon = { comments: ['hash'], kind: 'shell' };
const PROSE: Lexicon = { comments: [], kind: 'prose' };

const LEXICONS: Record<string, Lexicon> = {
  python: HASHED,
  ruby: HASHED,
  perl: HASHED,
  r: HASHED,
  elixir: HASHED,
  rust: { ...C_LIKE, lifetimes: true },
  php: { comments: ['hash', 'slash', 'block'], kind: 'code' },
  sql: { comments: ['dash', 'block'], kind: 'code' },
  lua: { comments: ['dash'], kind: 'code' },
  terraform: { comments: ['hash', 'slash', 'block'], kind: 'config' },
  hcl: { comments: ['hash', 'slash', 'block'], kind: 'config' },
  json: { comments: ['slash', 'block'], kind: 'config' },
  yaml: { comments: ['hash'], kind: 'config' },
  toml: { comments: ['hash'], kind: 'config' },
  ini: { comments: ['hash', 'semicolon'], kind: 'config' },
  xml: { comments: ['markup'], kind: 'config' },
  html: { comments: ['markup'], kind: 'config' },
  dockerfile: SHELL,
  shell: SHELL,
  bash: SHELL,
  sh: SHELL,
  powershell: SHELL,
  text: PROSE,
  markdown: PROSE,
  plaintext: PROSE,
  unknown: PROSE,
};

export function lexiconOf(language: string): Lexicon {
  const name = language.toLowerCase();
  return Object.hasOwn(LEXICONS, name) ? (LEXICONS[name] ?? C_LIKE) : C_LIKE;
}

const C_FAMILY = `auto bool break case char class const continue default do double else enum false float for goto if
  int long null return short signed static struct switch this true try catch throw typedef union unsigned void volatile
  while`;
const MANAGED = `${C_FAMILY} abstract as base boolean byte extends final finally implements import in instanceof interface
  internal is new override package private protected public sealed string super synchronized throws transient var`;
const SCRIPTED = `async await break case catch class const continue debugger default delete do else export extends false
  finally for from function if import in instanceof let new null of return static super switch this throw true try typeof
  undefined var void while with yield`;

/** Words that a language reserves, and its literals and basic types. */
const RESERVED: Record<string, string> = {
  python: `and as assert async await break class continue def del elif else except False finally for from global if
    import in is lambda None nonlocal not or pass raise return True try while with yield bool bytes float int str`,
  javascript: SCRIPTED,
  typescript: `${SCRIPTED} abstract any as boolean declare enum implements interface is keyof namespace never number
    override private protected public readonly string type unknown`,
  java: `${MANAGED} assert record yield`,
  csharp: `${MANAGED} async await checked decimal delegate event explicit extern fixed foreach implicit lock namespace
    object operator out params readonly ref select from where sizeof stackalloc typeof uint unchecked unsafe using virtual`,
  c: `${C_FAMILY} extern inline register restrict sizeof size_t NULL`,
  cpp: `${C_FAMILY} alignof constexpr delete explicit extern final friend inline mutable namespace new noexcept nullptr
    operator override private protected public sizeof size_t template typename using virtual`,
  go: `bool break byte case chan const continue default defer else error fallthrough false float32 float64 for func go
    goto if import int int8 int16 int32 int64 interface map nil package range return rune select string struct switch true
    type uint uint8 uint16 uint32 uint64 uintptr var`,
  rust: `as async await bool break char const continue crate dyn else enum extern false fn for if impl in let loop match
    mod move mut pub ref return self Self static str struct super trait true type unsafe use where while i8 i16 i32 i64
    i128 u8 u16 u32 u64 u128 usize isize f32 f64`,
  ruby: `alias and begin break case class def defined do else elsif end ensure false for if in module next nil not or
    redo rescue retry return self super then true undef unless until when while yield`,
  php: `abstract and array as bool break callable case catch class clone const continue declare default do echo else
    elseif enum extends false final finally float fn for foreach function global goto if implements include instanceof int
    interface match namespace new null or print private protected public readonly require return static string switch
    throw trait true try unset use var void while xor yield`,
  kotlin: `as break class continue do else false for fun if in interface is null object package return super this throw
    true try typealias typeof val var when while import private public protected internal override open data`,
  swift: `as break case catch class continue default defer do else enum extension fallthrough false fileprivate for func
    guard if import in init inout internal is let nil open operator private protocol public repeat return self static
    struct super switch throw throws true try typealias var where while`,
  scala: `abstract case catch class def do else extends false final finally for forSome if implicit import lazy match new
    null object override package private protected return sealed super this throw trait try true type val var while with
    yield`,
};
for (const [name, as] of [
  ['jsx', 'javascript'],
  ['javascriptreact', 'javascript'],
  ['tsx', 'typescript'],
  ['typescriptreact', 'typescript'],
  ['c++', 'cpp'],
  ['c#', 'csharp'],
] as const) {
  RESERVED[name] = RESERVED[as] ?? '';
}

/** SQL is written in either case, also inside other languages' lists of unknown words. */
const QUERY =
  'select insert update set delete from where into values join create drop table alter grant and or not null';

const split = (words: string) => new Set(words.trim().split(/\s+/));
const KEYWORDS = new Map(Object.entries(RESERVED).map(([name, words]) => [name, split(words)]));
// A language that is not known: what is reserved in any. A name that is kept costs a shape, never a wrong merge.
const ANYWHERE: ReadonlySet<string> = split(`${Object.values(RESERVED).join(' ')} ${QUERY}`);

/** Whether a word belongs to a language and not to a program; PHP and SQL write theirs in either case. */
export function isKeyword(word: string, language: string): boolean {
  const own = KEYWORDS.get(language.toLowerCase());
  if (own) return own.has(word) || (language.toLowerCase() === 'php' && own.has(word.toLowerCase()));
  return ANYWHERE.has(word) || (word.length < 10 && ANYWHERE.has(word.toLowerCase()));
}
