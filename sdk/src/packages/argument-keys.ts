/** Programs and their arguments under two keys, in any order: servers of MCP, tasks of editors, in JSON, TOML and YAML. */

const QUOTE = String.raw`\\{0,4}["']`;
const NAME = String.raw`(?:${QUOTE})?[\w.-]{1,40}(?:${QUOTE})?\s{0,20}[:=]\s{0,100}`;
const VALUE = String.raw`(?:"[^"\n]{0,200}"|'[^'\n]{0,200}'|\\{1,4}"[^"\n]{0,200}"|\{(?:[^{}]|\{[^{}]{0,200}\}){0,400}\}|\[[^[\]]{0,400}\]|[\w./-]{1,100})`;
/** Other keys of the same program, between the two. */
const APART = String.raw`(?:[\s,]|//[^\n]{0,200}\n)`;
const OTHERS = `(?:${NAME}${VALUE}${APART}{1,100}){0,8}?`;
const KEY = `(?:${QUOTE})?(?:args|arguments)(?:${QUOTE})?\\s{0,20}[:=]\\s{0,100}`;

/** Behind a program, up to the list, or the string that holds all of them. */
export const ARGUMENTS = new RegExp(String.raw`${APART}{0,100}${OTHERS}${KEY}(?=\[|${QUOTE})`, 'y');
/** The same where YAML has each on a line. */
export const ARGUMENT_LINES = new RegExp(
  String.raw`\s{0,100}${OTHERS}args:[ \t]{0,20}(?:#[^\n]{0,200})?(?=\r?\n([ \t]*)-[ \t])`,
  'y',
);

const COMMAND = /(?:command|cmd|program)(?:\\{0,4}["'])?\s{0,20}[:=]\s{0,20}$/;
/** From a list's key to the program, which ends what is looked at. */
const BEFORE = new RegExp(
  String.raw`args(?:uments)?(?:${QUOTE})?\s{0,20}[:=](?:\s{0,100}\[[^[\]{}]{0,900}\][\s,]{1,100}|[ \t]{0,20}(?:\r?\n[ \t]{0,80}-[ \t][^\n]{0,300}){1,50}\s{1,100})${OTHERS}(?:${QUOTE})?(?:command|cmd|program)(?:${QUOTE})?\s{0,20}[:=]\s{0,20}$`,
  'y',
);

/**
 * Where the list of arguments begins that stands before the program at `at`: at its bracket, or the end of its key's line.
 * -1 where none does, or one stands behind the program, from `after` on.
 */
export function argumentsBefore(text: string, at: number, after: number): number {
  if (!COMMAND.test(text.slice(Math.max(0, at - 60), at))) return -1;
  ARGUMENTS.lastIndex = after;
  ARGUMENT_LINES.lastIndex = after;
  if (ARGUMENTS.test(text) || ARGUMENT_LINES.test(text)) return -1;
  const from = Math.max(0, at - 900);
  const before = text.slice(from, at);
  const key = Math.max(before.lastIndexOf('args'), before.lastIndexOf('arguments'));
  if (key === -1) return -1;
  BEFORE.lastIndex = key;
  if (!BEFORE.test(before)) return -1;
  const list = /[:=](?:\s*(?=\[)|[ \t]*)/.exec(before.slice(key));
  return list ? from + key + list.index + list[0].length : -1;
}
