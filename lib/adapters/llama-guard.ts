import type { RawRow } from '#lib/interactions/batch';
import { type Adapted, clip, scalar } from './adapted.ts';
import { fields, list } from './chat.ts';
import { answersOf } from './conversation.ts';
import { type Judged, judgementItems } from './judgement-row.ts';
import { HAZARDS, MAPPING_VERSION, UNKNOWN_HAZARD } from './llama-guard-mapping.ts';
import { yesOrNo } from './verdict-words.ts';

type Version = keyof typeof HAZARDS;

/**
 * One row per interaction: `{ id, result, model? }` with the model's text, `safe` or `unsafe` and a line of codes, or a
 * server's answer around it. What is not plainly safe is a finding: nobody knows what else it may be.
 */
export function fromLlamaGuard(rows: RawRow[]): Adapted {
  const items = rows.flatMap((raw, index) => judgementItems(raw, index, read));
  return { mapping: MAPPING_VERSION, items, rows: new Map() };
}

function read(result: unknown, row: Record<string, unknown>): Judged {
  const said = spoken(result)
    .map((text) => text.replace(TEMPLATE, ' ').trim())
    .filter((text) => text !== '');
  if (said.length === 0) return { unread: 'has no words of the model, so nothing was judged' };
  const version = versionOf(scalar(row.model, fields(result).model) ?? '', said);
  const rules = new Map<string, string>();
  for (const text of said.filter((each) => !/^\W*(safe\W*)+$/i.test(each))) {
    for (const rule of rulesOf(text, version)) rules.set(rule, text);
  }
  if (rules.size === 0) return { clean: 'safe' };
  return {
    findings: [...rules].map(([rule, text]) => {
      const hazard = Object.hasOwn(HAZARDS[version], rule) ? HAZARDS[version][rule] : undefined;
      const words = /^\W*unsafe\W*$/i.test(text) ? '' : `: ${clip(text, 1_000)}`;
      return {
        detector: `Llama Guard ${version}`,
        rule,
        category: hazard?.category ?? UNKNOWN_HAZARD.category,
        severity: hazard?.severity ?? UNKNOWN_HAZARD.severity,
        message: hazard
          ? `${hazard.name} (${rule})`
          : Object.hasOwn(WORDS, rule)
            ? `${WORDS[rule]}${words}`
            : `Judged unsafe (${rule})`,
      };
    }),
  };
}

/** The tokens that a chat template leaves. */
const TEMPLATE = /<\|[a-z0-9_ ]{1,40}\|>|<\/?s>|\[\/?INST\]/gi;
const WORDS: Record<string, string> = {
  unsafe: 'Judged unsafe',
  unclear: 'Judged in words that are neither safe nor unsafe',
};

/** The codes that a text names, in order; `unsafe` or `unclear` where it names none. */
function rulesOf(text: string, version: Version): string[] {
  const codes = text.match(/(?<![a-z0-9])[so]\d{1,3}(?![a-z0-9])/gi)?.map((code) => code.toUpperCase()) ?? [];
  const named = Object.entries(HAZARDS[version]).filter(
    ([code, hazard]) =>
      hazard && !codes.includes(code) && text.toLowerCase().includes(hazard.name.toLowerCase()),
  );
  const rules = [...codes, ...named.map(([code]) => code)];
  if (rules.length > 0) return rules;
  if (!/unsafe|not[ _-]?safe/i.test(text)) return ['unclear'];
  // A policy of the operator's own, on the line of the codes.
  const own = /^\W*unsafe\W*\n\s*([\w &-]{1,60})$/i.exec(text)?.[1];
  return [own ?? 'unsafe'];
}

/** What the model wrote: a text, or the answer of an OpenAI-like, Ollama, Hugging Face or other server around it. */
function spoken(result: unknown): string[] {
  if (typeof result === 'string') return [result];
  if (Array.isArray(result)) return result.flatMap(spoken);
  const answer = fields(result);
  if (answer.error) return [];
  for (const name of ['unsafe', 'flagged', 'is_unsafe', 'safe', 'is_safe'] as const) {
    const said = yesOrNo(answer[name]);
    const isBad = name.endsWith('unsafe') || name === 'flagged' ? said === 'yes' : said === 'no';
    const codes = [...list(answer.categories), ...list(answer.violations), ...list(answer.codes)].join(',');
    if (said === 'unclear') return [`unclear ${codes}`];
    if (said !== null) return [isBad || codes !== '' ? `unsafe\n${codes}` : 'safe'];
  }
  const own = [answer.verdict, answer.label, answer.classification, answer.response, answer.output_text].find(
    (each) => typeof each === 'string',
  );
  if (typeof own === 'string') return [[own, ...list(answer.categories)].join('\n')];
  return answersOf(result);
}

/** From a model's name such as `meta-llama/Llama-Guard-3-8B` or `llama-guard3:1b`; the O codes are version 1's alone. */
function versionOf(model: string, said: string[]): Version {
  const version = /guard[^a-z0-9]{0,3}([1-4])(?![0-9]*b)/i.exec(model)?.[1];
  if (version !== undefined) return version as Version;
  const isFirst =
    /llama-?guard-7b/i.test(model) || said.some((text) => /(?<![a-z0-9])o\d(?![a-z0-9])/i.test(text));
  return isFirst ? '1' : '3';
}
