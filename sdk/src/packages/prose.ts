/** A command that a sentence names without marks of its own, as in "run npm install, then start the test". */

/** Words before a command that run it. */
const RUNNERS =
  /^(?:RUN|CMD|sudo|doas|time|env|exec|eval|nohup|nice|xargs|command|corepack|call|start|then|else|do|npx|bunx|uvx|pipx|poetry|uv|pdm|hatch|rye|pipenv|conda|mamba|bundle|python\d*|py|watch|timeout|winpty|wsl|bash|sh|cmd|docker|podman)$/;
/** Words with which the sentence goes on. */
const GOES_ON =
  /(?:and|or|then|but|so|to|in|on|at|by|for|from|with|without|before|after|while|when|if|because|until|again|first|is|was|are|were|will|would|should|can|could|may|might|must|does|did|has|had|it|this|that|the|your|you|we|they|as|into|which|where|fails?|failed|works?|once|inside|commands?|instead|via|using|now|there|here|later|yourself|manually|successfully|[\u2013\u2014-]{1,2})(?![\w@/=-]|[.:]\w)/y;
const ITEM =
  /(?:and[ \t]+|or[ \t]+)?["']?@?[\w./@^~<>=*-]*\w["']?(?=[ \t]{0,20}(?:[,.;:!?)`"']|\r?\n|$)|[ \t]+(?:and|or)\b)/y;

/** Whether a word of a sentence, or the number of a step, stands directly before the command at `at`. */
export function isProse(text: string, at: number): boolean {
  if (!/[ \t]/.test(text[at - 1] ?? '')) return false;
  if (/(?:^|\n)[ \t]{0,12}\d{1,3}[.)][ \t]{1,4}$/.test(text.slice(Math.max(0, at - 24), at))) return true;
  const word = /(?:^|[\s"'`(>*_])([A-Za-z]{2,30})[ \t]{1,4}$/.exec(text.slice(Math.max(0, at - 40), at))?.[1];
  return word !== undefined && !RUNNERS.test(word);
}

/** Whether the sentence goes on at `at` with no argument, behind the gap that begins at `from`. */
export function endsInProse(text: string, from: number, at: number): boolean {
  GOES_ON.lastIndex = at;
  if (GOES_ON.test(text)) return true;
  const before = text[from - 1] ?? '';
  if (before === ':' && at > from) return true;
  // `install a, b and c` goes on as a list; `install a, start the test` as a sentence.
  if (!text.slice(from, at).includes(',')) return false;
  ITEM.lastIndex = at;
  return !ITEM.test(text);
}

const CLAUSE = /(?:and|then|so|but)[ \t]/y;

/** `install, then start it`: what no shell reads so, wherever it stands. */
export function beginsClause(text: string, from: number, at: number): boolean {
  if (text[from] !== ',' || at <= from + 1) return false;
  CLAUSE.lastIndex = at;
  return CLAUSE.test(text);
}
