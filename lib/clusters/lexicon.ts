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

// One list for all languages: a word that is reserved in one and a name in another is rare, and a name that is kept
// costs a shape, not a wrong merge. Literals with a meaning of their own (true, null) and basic types are kept too.
const WORDS = `
  abstract alignof and any as assert async await auto base begin bool boolean break byte case catch chan char checked
  class clone const constexpr continue crate debugger decimal declare def default defer del delegate delete do double
  dyn echo elif else elseif elsif end endif enum except exec explicit export extends extern fallthrough false final
  finally fixed float fn for foreach friend from func function global go goto if impl implements import in inline
  instanceof int interface internal is lambda let lock long loop map match mod module move mut mutable namespace new
  nil none nonlocal not null nullptr object operator or override package params pass print private protected public
  pub raise range readonly ref register rescue restrict return sealed select self set short signed sizeof static
  string str struct super switch synchronized template then this throw throws trait transient true try type typedef
  typename typeof uint union unless unsafe unsigned use using var virtual void volatile where while with xor yield
  size_t i8 i16 i32 i64 u8 u16 u32 u64 usize isize f32 f64
  select insert update from where into values join create drop table alter grant`;

const KEYWORDS: ReadonlySet<string> = new Set(WORDS.trim().split(/\s+/));

/** Whether a word belongs to a language and not to a program; SQL and PHP write theirs in either case. */
export function isKeyword(word: string): boolean {
  return KEYWORDS.has(word) || (word.length < 10 && KEYWORDS.has(word.toLowerCase()));
}
