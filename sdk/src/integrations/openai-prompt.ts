import { type Holder, isHolder, OWN_ROLES, type Place, placesIn } from './text-places.ts';

/**
 * Every text that a user or a tool has put into a chat or completion request, with `everyRole` also of messages that
 * call themselves the operator's; null for a prompt of tokens, which nobody can read here.
 */
export function placesOf(body: Holder, everyRole: boolean): Place[] | null {
  const { prompt, messages } = body;
  if (Array.isArray(prompt) && prompt.some((part) => typeof part !== 'string')) return null;
  const asked = Array.isArray(messages) ? messages.filter(isHolder) : [];
  return [
    ...asked
      .filter(({ role }) => everyRole || !OWN_ROLES.has(role))
      .flatMap((message) => placesIn(message, 'content')),
    ...placesIn(body, 'prompt'),
    ...placesIn(body, 'suffix'),
  ];
}
