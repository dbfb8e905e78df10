import { isLabel } from './answer-texts.ts';
import { stoppedBody } from './openai-answer.ts';
import type { Holder } from './text-places.ts';

/** How a stream says that a rule has stopped an answer: events in the form of those that came before. */
interface StopForm {
  /** The last event of the answer that was read. */
  like: Holder;
  unit: string;
  /** The block of Anthropic's that is open, and the last number of OpenAI's responses. */
  openBlock: number | undefined;
  sequence: number;
}

/** What tells of a service's answer beside its words. */
const headOf = (value: Holder): Holder =>
  Object.fromEntries(
    Object.entries(value).filter(([field]) => isLabel(field) || field === 'created' || field === 'error'),
  );

export function stopEvents({ like, unit, openBlock, sequence }: StopForm, words: string): Holder[] {
  const type = typeof like.type === 'string' ? like.type : '';
  if (Array.isArray(like.candidates)) {
    const index = Number(unit.split(' ')[1] ?? 0);
    const content = { role: 'model', parts: [{ text: words }] };
    return [{ ...headOf(like), candidates: [{ index, content, finishReason: 'SAFETY' }] }];
  }
  if (type.startsWith('response.')) return responsesStop(like, sequence, words);
  if (type !== '') return messagesStop(openBlock, words);
  const { usage: _, ...head } = headOf(like);
  const [choice] = Array.isArray(like.choices) ? (like.choices as Holder[]) : [];
  const index = Number(unit.split(' ')[1] ?? 0);
  const isText = choice !== undefined && 'text' in choice && !('delta' in choice);
  const say = (text: string, finish_reason: string | null) => {
    const said = isText ? { text } : { delta: text === '' ? {} : { content: text } };
    return { ...head, choices: [{ index, finish_reason, ...said }] };
  };
  return [say(words, null), say('', 'content_filter')];
}

function responsesStop(like: Holder, sequence: number, words: string): Holder[] {
  const type = 'response.incomplete';
  const known = { object: 'response', ...(like.response as Holder | undefined) };
  const response = { ...known, ...stoppedBody('output', words) };
  return [{ type, sequence_number: sequence + 1, response }];
}

function messagesStop(openBlock: number | undefined, words: string): Holder[] {
  const index = (openBlock ?? -1) + 1;
  return [
    ...(openBlock === undefined ? [] : [{ type: 'content_block_stop', index: openBlock }]),
    { type: 'content_block_start', index, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index, delta: { type: 'text_delta', text: words } },
    { type: 'content_block_stop', index },
    {
      type: 'message_delta',
      delta: { stop_reason: 'refusal', stop_sequence: null },
      usage: { output_tokens: 0 },
    },
    { type: 'message_stop' },
  ];
}
