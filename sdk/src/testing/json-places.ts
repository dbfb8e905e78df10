/** A text in which a name stands as JSON, and whether a reader of JSON finds it there. */
export interface JsonPlace {
  name: string;
  part: 'prompt' | 'completion';
  text: string;
  hit: boolean;
}

/** What the rule looks for, and how JSON may write it so that the text itself does not hold it. */
export const SOUGHT = 'drop_table("users")';
const PLAIN = 'keep_table("users")';

const json = (value: unknown, times = 1): string =>
  times === 0 ? String(value) : json(JSON.stringify(value), times - 1);
const cut = (text: string, by: number) => text.slice(0, text.length - by);
const spelled = (text: string) =>
  [...text].map((sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');

const WRITINGS: readonly [string, string][] = [
  ['an argument of a tool', json({ code: SOUGHT })],
  ['a list', json(['a', SOUGHT])],
  ['one string', json(SOUGHT)],
  ['deep inside', json({ a: [{ b: { c: [SOUGHT] } }] })],
  ['encoded twice', json({ arguments: JSON.stringify({ code: SOUGHT }) })],
  ['encoded three times', json(json({ a: json({ code: SOUGHT }) }))],
  ['encoded five times', json({ code: SOUGHT }, 5)],
  ['cut off behind it', cut(json({ code: SOUGHT }), 2)],
  ['cut off behind it, encoded twice', cut(json({ a: json({ code: SOUGHT }) }), 5)],
  ['several values, one a line', `${json({ a: 1 })}\n${json({ code: SOUGHT })}\n`],
  ['with blanks', `\n  { "code" :\t${json(SOUGHT)} , "more" : 1 }\n`],
  ['written in code points', `{"code":"${spelled(SOUGHT)}"}`],
  ['a mark of byte order before it', `\uFEFF${json({ code: SOUGHT })}`],
  ['a name of a field', json({ [SOUGHT]: 1 })],
  ['behind a string that ends in a slash', json({ path: 'C:\\', code: SOUGHT })],
  ['behind a value and a quote', `[] 5" of {"n": [1], "code": ${json(SOUGHT)}}`],
  ['in a list behind a value', `{"a": 1}\n[2, ${json(SOUGHT)}]`],
  ['in words', `Result: ${json({ code: SOUGHT })} and so on.`],
  ['in a fence', `Here it is.\n\n\`\`\`json\n${json({ code: SOUGHT })}\n\`\`\`\n`],
  [
    'in a call written as text',
    `<tool_call>${json({ name: 'run', arguments: { code: SOUGHT } })}</tool_call>`,
  ],
  ['behind a comment', `/* as asked */ ${json({ code: SOUGHT })}`],
  ['in a list behind something else', `Out: [true, ${json(SOUGHT)}]`],
  ['in a list behind a number', `[17, ${json(SOUGHT)}]`],
  ['in words, encoded twice', `He said {\\"code\\":${cut(json(json(SOUGHT)), 1).slice(1)}} there.`],
  ['a value of YAML', `steps:\n  run: ${json(SOUGHT)}\n`],
  ['an item of YAML', `steps:\n  - ${json(SOUGHT)}\n`],
  ['with an escape that is none', `{"code":"\\q${json(SOUGHT).slice(1)}}`],
];

/** Read alike by the SDK, its streams, the integrations, the sidecar and the policy of OPA. */
export const JSON_PLACES: readonly JsonPlace[] = [
  ...(['completion', 'prompt'] as const).flatMap((part) =>
    WRITINGS.flatMap(([name, text]) => [
      { name: `${part}: ${name}`, part, text, hit: true },
      {
        name: `${part}: ${name}, of something else`,
        part,
        text: text.replaceAll('drop', 'keep').replaceAll(spelled('drop'), spelled('keep')),
        hit: false,
      },
    ]),
  ),
  {
    name: 'completion: a string and words',
    part: 'completion',
    text: `${json(SOUGHT)} they say`,
    hit: true,
  },
  { name: 'completion: only words', part: 'completion', text: PLAIN, hit: false },
];
