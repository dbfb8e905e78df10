import { type ToolInput, toolInputOf } from './answer-texts.ts';
import { type Holder, isHolder } from './text-places.ts';

interface Call {
  id: string | undefined;
  slot: string;
  input: string;
  name: string;
  balance: Balance;
}

/**
 * Calls of tools that come in pieces, as clients put them together: by id, and by index where no id is told. Services
 * give several calls one index, or none, so each way of reading them is judged.
 */
export class CallBook {
  readonly #calls: Call[] = [];
  /** What a client that knows only indexes reads. */
  readonly #bySlot = new Map<string, string>();
  #isAmbiguous = false;

  /** Whether a piece could belong to one call or to another. */
  get isAmbiguous(): boolean {
    return this.#isAmbiguous;
  }

  add(call: Holder, place: number | string): void {
    const { input, more } = toolInputOf(call);
    const slot = String(call.index ?? `at ${place}`);
    const id = typeof call.id === 'string' && call.id !== '' ? call.id : undefined;
    this.#bySlot.set(slot, (this.#bySlot.get(slot) ?? '') + input);
    const known = this.#find(id, slot);
    const target = known ?? { id, slot, input: '', name: '', balance: new Balance() };
    if (!known) this.#calls.push(target);
    target.id ??= id;
    target.input += input;
    target.balance.take(input);
    target.name += more.join(' ');
  }

  #find(id: string | undefined, slot: string): Call | undefined {
    if (id !== undefined) {
      const same = this.#calls.find((call) => call.id === id);
      if (same) return same;
      // An id that comes after the first piece of its call.
      return this.#calls.findLast(
        (call) => call.slot === slot && call.id === undefined && !call.balance.isWhole,
      );
    }
    const here = this.#calls.filter((call) => call.slot === slot);
    const open = here.filter((call) => !call.balance.isWhole);
    if (open.length > 1) this.#isAmbiguous = true;
    return open.at(-1) ?? here.at(-1);
  }

  /** What tools would be called with, under each way of putting the pieces together. */
  inputs(): ToolInput[] {
    const own = this.#calls.map(({ input, name }) => ({ input, more: name === '' ? [] : [name] }));
    const known = new Set(own.map(({ input }) => input));
    const others = [...this.#bySlot.values(), [...this.#bySlot.values()].join('')];
    for (const input of others) {
      if (known.has(input)) continue;
      known.add(input);
      own.push({ input, more: [] });
    }
    return own;
  }
}

/** Whether JSON that comes in pieces has come to its end; each piece is looked at once. */
class Balance {
  #depth = 0;
  #inString = false;
  #afterSlash = false;
  #hasBegun = false;

  get isWhole(): boolean {
    return this.#hasBegun && this.#depth <= 0 && !this.#inString;
  }

  take(piece: string): void {
    for (const sign of piece) {
      if (this.#afterSlash) this.#afterSlash = false;
      else if (this.#inString) {
        if (sign === '\\') this.#afterSlash = true;
        else if (sign === '"') this.#inString = false;
      } else if (sign === '"') this.#inString = true;
      else if (sign === '{' || sign === '[') {
        this.#depth++;
        this.#hasBegun = true;
      } else if (sign === '}' || sign === ']') this.#depth--;
    }
  }
}

/** The pieces of calls in one piece of a chat answer. */
export function callPieces(delta: Holder): { call: Holder; place: number | string }[] {
  const { tool_calls: calls, function_call: called } = delta;
  const list = Array.isArray(calls) ? calls.filter(isHolder) : [];
  return [
    ...list.map((call, place) => ({ call, place })),
    ...(isHolder(called) ? [{ call: { function: called }, place: 'function' }] : []),
  ];
}
