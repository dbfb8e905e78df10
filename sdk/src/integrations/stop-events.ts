import { breakAfter } from '../effects.ts';
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
  /** The next free place among the parts of an answer of OpenAI's responses. */
  output: number;
  /** The last words of this answer that went out; empty where none did. */
  before: string;
}

/** What tells of a service's answer beside its words. */
const headOf = (value: Holder): Holder =>
  Object.fromEntries(
    Object.entries(value).filter(([field]) => isLabel(field) || field === 'created' || field === 'error'),
  );

/** The rule's words are a paragraph of their own: clients show what streams as one text. */
export function stopEvents(form: StopForm, words: string): Holder[] {
  const { like, unit, openBlock } = form;
  const said = breakAfter(form.before) + words;
  const type = typeof like.type === 'string' ? like.type : '';
  if (Array.isArray(like.candidates)) {
    const index = Number(unit.split(' ')[1] ?? 0);
    const content = { role: 'model', parts: [{ text: said }] };
    return [{ ...headOf(like), candidates: [{ index, content, finishReason: 'SAFETY' }] }];
  }
  if (type.startsWith('response.')) return responsesStop(form, words, said);
  if (type !== '') return messagesStop(openBlock, said);
  const { usage: _, ...head } = headOf(like);
  const [choice] = Array.isArray(like.choices) ? (like.choices as Holder[]) : [];
  const index = Number(unit.split(' ')[1] ?? 0);
  const isText = choice !== undefined && 'text' in choice && !('delta' in choice);
  const say = (text: string, finish_reason: string | null) => {
    const said = isText ? { text } : { delta: text === '' ? {} : { content: text } };
    return { ...head, choices: [{ index, finish_reason, ...said }] };
  };
  return [say(said, null), say('', 'content_filter')];
}

/** A part of its own for who reads the pieces, then the whole answer, which is only the rule's words. */
function responsesStop({ like, output, sequence }: StopForm, words: string, said: string): Holder[] {
  const known = { object: 'response', ...(like.response as Holder | undefined) };
  const response = { ...known, ...stoppedBody('output', words) };
  const message = { type: 'message', id: 'msg_stopgap', role: 'assistant', status: 'in_progress' };
  const part = { type: 'output_text', text: said, annotations: [], logprobs: [] };
  const item = { output_index: output };
  const place = { item_id: message.id, ...item, content_index: 0 };
  const events = [
    { type: 'response.output_item.added', ...item, item: { ...message, content: [] } },
    { type: 'response.content_part.added', ...place, part: { ...part, text: '' } },
    { type: 'response.output_text.delta', ...place, delta: said, logprobs: [] },
    { type: 'response.output_text.done', ...place, text: said, logprobs: [] },
    { type: 'response.content_part.done', ...place, part },
    {
      type: 'response.output_item.done',
      ...item,
      item: { ...message, status: 'incomplete', content: [part] },
    },
    { type: 'response.incomplete', response },
  ];
  return events.map((event, at) => ({ ...event, sequence_number: sequence + 1 + at }));
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
